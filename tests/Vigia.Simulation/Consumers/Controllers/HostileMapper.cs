using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Simulation.Consumers.Controllers;

/// <summary>
/// A user's functions from a change to keys as they should not be: they throw, at once or late, return null or nulls,
/// keys of nothing, keys that throw and keys without end, and re-enter the controller.
/// </summary>
internal sealed class HostileMapper(Random random, Action<string> accuse, Action<ObjectKey> reenter)
{
    /// <summary>So many keys a controller may ask for.</summary>
    public const int MostKeys = 8;

    // A controller that asks for so many does not stop asking.
    private const int Endless = 10_000;

    private readonly HashSet<ObjectKey> _lost = [];

    /// <summary>True once it behaves.</summary>
    public bool IsSettled { get; set; }

    /// <summary>How often it failed: the controller must count as many.</summary>
    public long Failures { get; private set; }

    /// <summary>
    /// Whether the last change of a key never reached the controller: then nobody can expect it to know.
    /// </summary>
    public bool HasLost(ObjectKey key) => _lost.Contains(key);

    public void Forget() => _lost.Clear();

    public bool Where(Delta delta)
    {
        if (!IsSettled && random.Next(20) == 0)
        {
            Fail(delta.Object.Key, isLost: true);
            throw new InvalidOperationException("a predicate that throws");
        }

        return true;
    }

    public IEnumerable<WorkKey> Keys(Delta delta)
    {
        var key = delta.Object.Key;
        var way = IsSettled ? int.MaxValue : random.Next(18);
        if (way < 7)
        {
            Fail(key, isLost: way < 3);
        }
        else
        {
            _lost.Remove(key);
        }

        return way switch
        {
            0 => throw new InvalidOperationException("a mapper that throws"),
            1 => null!,
            2 => Late(new ObjectKey("nowhere", "nothing")),
            3 => Late(key),
            4 => [null!, new WorkKey(key)],
            5 => WithoutEnd(key),
            6 => [new WorkKey(new ObjectKey("bad", "key"), isBad: true), new WorkKey(key), null!],
            7 => [new WorkKey(new ObjectKey("nowhere", $"{random.Next(3)}")), new WorkKey(key), new WorkKey(key)],
            8 => Reentering(key),
            _ => [new WorkKey(key)],
        };
    }

    private static IEnumerable<WorkKey> Late(ObjectKey key)
    {
        yield return new WorkKey(key);
        throw new InvalidOperationException("a mapper that throws late");
    }

    private IEnumerable<WorkKey> Reentering(ObjectKey key)
    {
        reenter(key);
        yield return new WorkKey(key);
        reenter(key);
    }

    private IEnumerable<WorkKey> WithoutEnd(ObjectKey key)
    {
        yield return new WorkKey(key);
        for (var i = 0; i < Endless; i++)
        {
            yield return new WorkKey(new ObjectKey("endless", $"{i}"));
        }

        accuse($"a mapper was asked for {Endless} keys of one change");
    }

    private void Fail(ObjectKey key, bool isLost)
    {
        Failures++;
        if (isLost)
        {
            _lost.Add(key);
        }
        else
        {
            _lost.Remove(key);
        }
    }
}
