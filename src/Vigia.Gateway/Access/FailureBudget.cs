using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Vigia.Gateway.Access;

/// <summary>
/// How many refused tokens each address may still send. A wrong token costs a review at a cluster; a stranger must not
/// cause thousands of them.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Bounded: addresses that have nothing to answer for are forgotten first. Thread-safe.
/// </remarks>
internal sealed class FailureBudget(int burst, TimeProvider time)
{
    // An address that is not in the table has its whole budget, so to forget one is never worse for it.
    private const int MostAddresses = 10_000;

    private readonly ConcurrentDictionary<string, TokenBucket> _addresses = new(StringComparer.Ordinal);

    /// <summary>The part of an address that one client has to itself: of IPv6 a network of 64 bits.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }

    /// <summary>True if the address may try another token.</summary>
    public bool MayTry(string address) => !_addresses.TryGetValue(address, out var bucket) || bucket.Level(time.GetTimestamp(), time) >= 1;

    /// <summary>A token of the address was refused.</summary>
    public void Failed(string address)
    {
        if (_addresses.Count >= MostAddresses)
        {
            Forget();
        }

        _addresses
            .GetOrAdd(address, static (_, self) => new TokenBucket(self.Burst, 1, self.Time.GetTimestamp()), (Burst: burst, Time: time))
            .Take(time.GetTimestamp(), time);
    }

    private void Forget()
    {
        var now = time.GetTimestamp();
        foreach (var (address, _) in _addresses.OrderByDescending(pair => pair.Value.Level(now, time)).Take(MostAddresses / 10))
        {
            _addresses.TryRemove(address, out _);
        }
    }
}
