using Vigia.Informers.Deltas;
using Vigia.Informers.Informing;

namespace Vigia.Informers.Controllers;

/// <summary>One informer that a controller watches.</summary>
internal sealed record ControllerSource<TKey>(SharedInformer Informer, Func<Delta, IEnumerable<TKey>> Keys, Func<Delta, bool>? Where);
