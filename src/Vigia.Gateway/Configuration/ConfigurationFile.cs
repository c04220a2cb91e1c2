using System.Globalization;
using Microsoft.Extensions.Configuration;
using Vigia.Catalog;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Configuration;

/// <summary>Reads configuration files: their sections, and the catalog's <c>resources</c> and <c>presets</c>.</summary>
/// <remarks>
/// <b>Guarantees.</b> The files are read as a whole, and all errors are reported at once, with file, line and path. A
/// file with a catalog alone is a configuration file. Relative paths are relative to the file that contains them.
/// <para>
/// A new section is a class like <see cref="StreamsSection"/>, a property of <see cref="GatewayConfiguration"/>, and a
/// line in <see cref="Read"/>; docs/configuration.md follows (<see cref="ConfigurationDocument"/>).
/// </para>
/// </remarks>
public static class ConfigurationFile
{
    /// <summary>Reads files; later ones win key by key. None gives the defaults.</summary>
    /// <param name="files">The files.</param>
    /// <param name="overrides">
    /// Values that win over every file (<see cref="EnvironmentOverrides"/>); null for none.
    /// </param>
    /// <exception cref="ConfigurationException">Some are wrong: all faults at once.</exception>
    public static GatewayConfiguration Load(IReadOnlyList<string> files, IConfiguration? overrides = null)
    {
        var faults = new List<string>();
        var configuration = Load(files, overrides, faults);
        return faults.Count == 0 ? configuration : throw new ConfigurationException(faults);
    }

    /// <summary>
    /// As <see cref="Load(IReadOnlyList{string}, IConfiguration?)"/>, for a caller with further checks that reports all
    /// errors at once: errors are added to <paramref name="faults"/>, and the default is used instead.
    /// </summary>
    /// <param name="files">The files; later ones win key by key.</param>
    /// <param name="overrides">Values that win over every file; null for none.</param>
    /// <param name="faults">
    /// Receives the errors, a sentence each, with file, line and path or the variable's name.
    /// </param>
    public static GatewayConfiguration Load(IReadOnlyList<string> files, IConfiguration? overrides, ICollection<string> faults)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(faults);
        var reading = new ConfigurationReading();
        var layers = new List<ConfigurationLayer>();
        foreach (var file in files)
        {
            if (Open(file, reading) is { } layer)
            {
                layers.Add(layer);
            }
        }

        var sections = EnvironmentOverrides.LayerOf(overrides, reading.Faults) is { } above ? [.. layers, above] : layers;
        var configuration = Read(new SectionReader(reading, "", sections));

        // The catalog's reader has its own line numbers; invalid YAML was reported above.
        try
        {
            configuration = configuration with
            {
                Catalog = layers.Count == 0 ? ResourceCatalog.BuiltIn : ResourceCatalog.LoadPartOf(layers.Select(layer => layer.File!)),
            };
        }
        catch (CatalogException wrong)
        {
            reading.Faults.AddRange(wrong.Faults);
        }

        foreach (var fault in reading.Faults)
        {
            faults.Add(fault);
        }

        return configuration;
    }

    /// <summary>Every key there is, in the order of the sections.</summary>
    public static IReadOnlyList<ConfigurationKey> Keys()
    {
        var reading = new ConfigurationReading();
        Read(new SectionReader(reading, "", []));
        return reading.Keys;
    }

    private static GatewayConfiguration Read(SectionReader root)
    {
        var absent = new GatewayConfiguration();
        var listen =
            Address(
                root,
                "listen",
                absent.Listen.GetLeftPart(UriPartial.Authority),
                "The address to listen on: http://HOST:PORT or https://HOST:PORT; port 0 for any free port."
            ) ?? absent.Listen;
        var kubernetes = Address(
            root,
            "kubernetesListen",
            "",
            "A second address with the Kubernetes API alone at its root, for clients that take no path. "
                + "Its port must differ from that of listen."
        );

        var log = root.Word("log", absent.Log, "The lowest level that is logged to standard error.");
        var logFormat = root.Word(
            "logFormat",
            absent.LogFormat,
            "The form of a log line: text, or a JSON object with cluster, resource and cause."
        );
        var drain = root.Duration(
            "drain",
            absent.DrainTimeout,
            TimeSpan.Zero,
            TimeSpan.FromMinutes(10),
            "How long the gateway waits for open streams when it stops."
        );
        var client = ClientSection.Read(root.Section("client", "Requests to API servers."));
        var (kubeconfig, care) = ClustersSection.Read(
            root.Section("clusters", "The clusters to serve, and how often they are checked."),
            client
        );
        var configuration = new GatewayConfiguration
        {
            Listen = listen,
            KubernetesListen = kubernetes,
            Log = log,
            LogFormat = logFormat,
            DrainTimeout = drain,
            Kubeconfig = kubeconfig,
            Clusters = care,
            Informers = InformersSection.Read(root.Section("informers", "Lists, watches, backoff, and how much history is kept.")),
            Streams = StreamsSection.Read(root.Section("streams", "Streams of events to clients.")),
            Sockets = SocketsSection.Read(root.Section("sockets", "WebSockets, and pages of other origins that may use the gateway.")),
            Access = AccessSection.Read(root.Section("access", "Who may use the gateway, and what each caller sees.")),
            Tls = TlsSection.Read(root.Section("tls", "TLS from files.")),
            Audit = AuditSection.Read(root.Section("auditLog", "The audit log: one line per request.")),
            Events = EventsSection.Read(root.Section("events", "Kubernetes events, kept longer than an API server keeps them.")),
            Health = HealthSection.Read(root.Section("health", "The health monitor.")),
            Metrics = MetricsSection.Read(root.Section("metrics", "What /metrics contains.")),
            Otlp = OtlpSection.Read(root.Section("otlp", "Traces and metrics for an OpenTelemetry collector.")),
        };
        root.Elsewhere(
            "resources",
            "list",
            "Entries added to the catalog; one with an existing name replaces that entry (how-to-add-a-resource.md)."
        );
        root.Elsewhere("presets", "list", "Presets added to the catalog; one with an existing path replaces that preset (presets.md).");
        root.Finish();
        return configuration;
    }

    private static Uri? Address(SectionReader root, string name, string absent, string description)
    {
        if (root.Text(name, absent, description, "url") is not { } text || text == absent)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.AbsolutePath == "/")
        {
            return address;
        }

        root.Fault(name, $"'{text}' is not an address of the form http://HOST:PORT");
        return null;
    }

    private static ConfigurationLayer? Open(string file, ConfigurationReading reading)
    {
        var yaml = new YamlStream();
        try
        {
            using var text = new StreamReader(file);
            yaml.Load(text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reading.Faults.Add($"{file}: cannot be read: {error.Message.TrimEnd('.')}; check --config");
            return null;
        }
        catch (YamlException error)
        {
            reading.Faults.Add(
                string.Create(CultureInfo.InvariantCulture, $"{file}:{error.Start.Line}: not valid YAML: {error.Message.TrimEnd('.')}")
            );
            return null;
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's answer to a flow collection that never ends.
            reading.Faults.Add($"{file}: not valid YAML: it ends within a list or mapping");
            return null;
        }

        if (yaml.Documents.Count == 0)
        {
            return null;
        }

        if (yaml.Documents[0].RootNode is YamlMappingNode root)
        {
            return new(file, root);
        }

        reading.Faults.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{file}:{yaml.Documents[0].RootNode.Start.Line}: expected sections, for example clusters, streams or resources"
            )
        );
        return null;
    }
}
