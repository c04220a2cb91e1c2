namespace Vigia.Bench.Wire;

/// <summary>A way to ask for the same objects.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Accept">The Accept header.</param>
/// <param name="Gzip">Whether Accept-Encoding: gzip is sent.</param>
internal sealed record Variant(string Name, string Accept, bool Gzip)
{
    public const string Json = "application/json";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>The four that are measured.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [new("json", Json, false), new("json+gzip", Json, true), new("protobuf", Protobuf, false), new("protobuf+gzip", Protobuf, true)];

    /// <summary>True for protobuf.</summary>
    public bool IsProtobuf => Accept == Protobuf;
}
