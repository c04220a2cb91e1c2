using System.Runtime.InteropServices;

namespace Vigia.Bench.Fanout;

/// <summary>
/// Linux' epoll and recv: thousands of sockets on one thread, so that the measuring costs the measured as little as may
/// be.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int ControlAdd = 1;
    private const uint In = 1;

    private readonly int _handle = Create(0);
    private readonly Event[] _events = new Event[1024];

    /// <summary>Watches a socket for bytes; <paramref name="tag"/> comes back with it.</summary>
    public void Add(int socket, int tag)
    {
        var what = new Event { Events = In, Tag = (ulong)tag };
        if (Control(_handle, ControlAdd, socket, ref what) != 0)
        {
            throw new IOException($"epoll_ctl: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Waits for bytes on any; returns the tags.</summary>
    public ReadOnlySpan<Event> Wait(int milliseconds)
    {
        var count = Wait(_handle, _events, _events.Length, milliseconds);
        return _events.AsSpan(0, Math.Max(0, count));
    }

    /// <summary>Takes what is there; 0 at the end of the stream, -1 where nothing is there.</summary>
    public static unsafe int Receive(int socket, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return (int)Receive(socket, bytes, (nuint)into.Length, 0x40);
        }
    }

    public void Dispose() => _ = Close(_handle);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int socket, ref Event what);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, [Out] Event[] events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(int socket, byte* into, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    /// <summary>What epoll says of a socket (packed on x86-64).</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct Event
    {
        public uint Events;
        public ulong Tag;
    }
}
