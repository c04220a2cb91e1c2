using Vigia.Kubernetes;

namespace Vigia.Simulation.Consumers.Controllers;

/// <summary>
/// A controller's key, as a user may write one: a class, so that it can be null, and one whose members may throw.
/// </summary>
internal sealed class WorkKey(ObjectKey key, bool isBad = false)
{
    public ObjectKey Key => key;

    public override bool Equals(object? obj) => obj is WorkKey other && other.Key == key;

    public override int GetHashCode() => isBad ? throw new InvalidOperationException("a key whose hash throws") : key.GetHashCode();

    public override string ToString() =>
        key.Name.Length % 2 == 0 ? throw new InvalidOperationException("a key that cannot be written") : key.ToString();
}
