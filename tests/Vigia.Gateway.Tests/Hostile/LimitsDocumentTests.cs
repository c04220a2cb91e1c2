using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>docs/limits.md says what the code does.</summary>
public sealed class LimitsDocumentTests
{
    [Fact]
    public void The_document_s_limits_are_the_code_s()
    {
        var (streams, sockets, access, kestrel) = (
            new StreamOptions(),
            new SocketOptions(),
            new AccessOptions(),
            new KestrelServerLimits()
        );
        var limits = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["connections open"] = Number(streams.MaxStreams + streams.MaxIdleConnections),
            ["idle connections"] = Number(streams.MaxIdleConnections),
            ["time from a new connection to its first complete request"] = DurationText.Of(streams.HeadersTimeout),
            ["time of a kept-alive connection between requests"] = DurationText.Of(streams.IdleTimeout),
            ["time to read an answer that is not a stream"] = DurationText.Of(streams.AnswerGrace),
            ["TLS handshake"] = DurationText.Of(
                new Microsoft.AspNetCore.Server.Kestrel.Https.HttpsConnectionAdapterOptions().HandshakeTimeout
            ),
            ["request line"] = Number(kestrel.MaxRequestLineSize) + " bytes",
            ["headers, all together"] = Number(kestrel.MaxRequestHeadersTotalSize) + " bytes",
            ["headers, number"] = Number(kestrel.MaxRequestHeaderCount),
            ["body"] = Number(GatewayServer.MaxBody) + " bytes",
            ["token"] = Number(AccessGate.LongestToken) + " characters",
            ["selector or search"] = Number(QueryLimits.Characters) + " characters",
            ["terms and values of a label selector"] = Number(QueryLimits.LabelTerms),
            ["terms of a field selector"] = Number(QueryLimits.FieldTerms),
            ["cost of the paths of a selector or of `changed`, together"] = Number(QueryLimits.PathCost),
            ["terms of a search"] = Number(QueryLimits.SearchTerms),
            ["paths in `changed`"] = Number(QueryLimits.ChangedPaths),
            ["names in `namespace` or `cluster`"] = Number(QueryLimits.Names),
            ["columns in `sort`"] = Number(QueryLimits.SortColumns),
            ["items of a page"] = Number(ListRequestParameters.MaxLimit),
            ["cursor"] = Number(StreamCursor.LongestText) + " characters",
            ["requests and streams of one caller"] = Number(access.MaxOpenPerCaller),
            ["refused tokens of one address, at once"] = Number(access.MaxFailedPerAddress),
            ["access reviews of a user without rights, at once"] = Number(access.ReviewBurst),
            ["tickets of one caller"] = Number(access.MaxTicketsPerCaller),
            ["streams in all"] = Number(streams.MaxStreams),
            ["streams of one caller, or of one address without authentication"] = Number(streams.MaxStreamsPerCaller),
            ["life of a stream"] = DurationText.Of(streams.Lifetime),
            ["subscriptions on a WebSocket"] = Number(sockets.MaxSubscriptions),
            ["message over a WebSocket"] = Number(sockets.MaxMessageBytes) + " bytes",
            ["invalid messages"] = Number(sockets.MaxBadMessages),
            ["nesting of a message"] = Number(SocketCommand.Deepest),
            ["time to answer a ping"] = DurationText.Of(sockets.PongTimeout),
        };
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vigia.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var configuration = File.ReadAllText(Path.Combine(folder, "docs", "configuration.md"));
        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (
            var line in File.ReadLines(Path.Combine(folder, "docs", "limits.md"))
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| limit ", StringComparison.Ordinal))
        )
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            told.Add(cells[1], cells[2]);
            Assert.All(
                cells[3].Split('`').Where((_, i) => i % 2 == 1).Where(code => code.Contains('.', StringComparison.Ordinal)),
                key => Assert.Contains($"`{key}`", configuration, StringComparison.Ordinal)
            );
        }

        Assert.Equal(limits.Select(Line).Order(StringComparer.Ordinal), told.Select(Line).Order(StringComparer.Ordinal));
    }

    private static string Line(KeyValuePair<string, string> limit) => $"{limit.Key}: {limit.Value}";

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
