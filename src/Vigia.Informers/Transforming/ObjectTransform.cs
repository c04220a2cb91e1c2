using System.Buffers;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// Changes an object before an informer keeps it (client-go's <c>TransformFunc</c>): writes the JSON to be kept, or
/// nothing to keep the object as it came.
/// </summary>
/// <remarks>
/// <para>
/// Called for every object of a list and of a watch, deleted ones too, by one thread at a time for each stream. It must
/// be a function of the object alone, and leave name, namespace, uid and resourceVersion as they are.
/// </para>
/// <para>
/// One that throws, or writes what is no such object, costs nobody but its object: held is an entry of its metadata
/// with the annotation <see cref="TransformFailure.Annotation"/>, which says what went wrong; it is logged and counted
/// (<see cref="InformerCounters.TransformFailures"/>). Client-go ends the list or the watch instead, and lists again
/// and again.</para>
/// </remarks>
/// <param name="item">The object as the server sent it, less managedFields.</param>
/// <param name="keep">Takes the JSON to be kept, UTF-8.</param>
public delegate void ObjectTransform(RawObject item, IBufferWriter<byte> keep);
