using Vigia.Informers;

namespace Vigia.Controllers.Reconciling;

/// <summary>One informer that a controller watches.</summary>
internal sealed record ControllerSource<TKey>(SharedInformer Informer, Func<Delta, IEnumerable<TKey>> Keys, Func<Delta, bool>? Where);
