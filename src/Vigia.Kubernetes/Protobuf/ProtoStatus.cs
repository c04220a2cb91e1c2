using System.Text.Unicode;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Writes a <c>metav1.Status</c> in protobuf as JSON: the refusal of a server that was asked for protobuf.
/// </summary>
internal static class ProtoStatus
{
    /// <summary>True if the bytes are an envelope.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes) => bytes.StartsWith(ProtoEnvelope.Magic);

    /// <summary>The JSON; null if it is not a Status, or invalid.</summary>
    public static byte[]? ToJson(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var envelope = ProtoEnvelope.Open(bytes);
            if (ProtoEnvelope.TypeOf(envelope.Type, new ProtoHeader()).Kind != "Status")
            {
                return null;
            }

            var json = new JsonOut();
            json.Byte((byte)'{');
            new ProtoTranscoder(json, isLenient: true).Members(envelope.Raw, BuiltInSchema.Message("meta/v1.Status"));
            json.Byte((byte)'}');
            return Utf8.IsValid(json.Written) ? json.Written.ToArray() : null;
        }
        catch (Exception garbled) when (garbled is ObjectFormatException or SchemaGapException)
        {
            // The caller treats it as any other response without a Status.
            return null;
        }
    }
}
