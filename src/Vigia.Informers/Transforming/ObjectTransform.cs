using System.Buffers;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// Changes an object before an informer keeps it (client-go's <c>TransformFunc</c>): writes the JSON to be kept, or
/// nothing to keep the object as it came.
/// </summary>
/// <remarks>
/// <para>
/// Called for every object of a list and of a watch, including deleted ones, by one thread at a time per stream. It
/// must be a function of the object alone, and keep name, namespace, uid and resourceVersion.
/// </para>
/// <para>
/// If it throws, or its result is not such an object, only that object is affected: the cache has its metadata with the
/// annotation <see cref="TransformFailure.Annotation"/>, which contains the error; the failure is logged and counted
/// (<see cref="InformerCounters.TransformFailures"/>). client-go ends the list or the watch instead, and relists again
/// and again.
/// </para>
/// </remarks>
/// <param name="item">The object as the server sent it, less managedFields.</param>
/// <param name="keep">Receives the JSON to keep, UTF-8.</param>
public delegate void ObjectTransform(RawObject item, IBufferWriter<byte> keep);
