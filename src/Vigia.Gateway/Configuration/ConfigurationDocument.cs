using System.Text;

namespace Vigia.Gateway.Configuration;

/// <summary>docs/configuration.md, written from the keys that the reader knows.</summary>
public static class ConfigurationDocument
{
    /// <summary>The document as it must be.</summary>
    public static string Write()
    {
        var text = new StringBuilder(
            """
            # Configuration of the gateway

            <!-- Written by `vigia serve --print-config-reference`; a test compares.
                 Change the sections in src/Vigia.Gateway/Configuration, not this page. -->

            For operators of `vigia serve`: every option, its default and its range. `vigia top` has a file of its own
            ([terminal](terminal.md#configuration)).

            `vigia serve --config vigia.yaml` reads all options from one file. Give `--config` several times to combine files:
            the last file that has a key wins. Environment variables override files, and flags override both.

            The name of an environment variable is `VIGIA__` and the key's path in capitals, with two underscores for each dot:
            `VIGIA__ACCESS__MODE=token`, `VIGIA__STREAMS__MAXSTREAMSPERCALLER=50`, `VIGIA__CLUSTERS__ALLCONTEXTS=true`. Items of
            a list are numbered, and replace the file's list as a whole: `VIGIA__CLUSTERS__CONTEXTS__0=staging`. `resources` and
            `presets` are read from files only.

            Everything is checked at the start. Every fault is reported at once, with file, line and path, or with the variable's
            name. An unknown key is a fault, and the message suggests a name. `vigia serve --config vigia.yaml --check-config` only
            checks. It ends with 0 if everything is right, otherwise with 2.

            Durations are numbers with units: `500ms`, `30s`, `5m`, `1h30m`. Relative paths are relative to the file that
            contains them.

                listen: https://0.0.0.0:8443
                clusters:
                  allContexts: true
                access:
                  mode: kubernetes
                streams:
                  heartbeat: 15s
                resources:
                  - name: widgets
                    versions: [example.com/v1]
                    kind: Widget

            """.ReplaceLineEndings("\n")
        );
        var section = "";
        text.Append("\n## The file\n\n| key | takes | default | range | meaning |\n|---|---|---|---|---|\n");
        foreach (
            var key in ConfigurationFile
                .Keys()
                .OrderBy(key => SectionOf(key.Path), StringComparer.Ordinal)
                .Where(key => key.Kind != "section" || SectionOf(key.Path).Length == 0)
        )
        {
            var own = SectionOf(key.Path);
            if (own != section)
            {
                section = own;
                text.Append("\n## `").Append(section).Append("`\n\n| key | takes | default | range | meaning |\n|---|---|---|---|---|\n");
            }

            var absent = key.Default.Length == 0 ? "" : $"`{key.Default}`";
            text.Append("| `")
                .Append(key.Path)
                .Append("` | ")
                .Append(key.Kind)
                .Append(" | ")
                .Append(absent)
                .Append(" | ")
                .Append(key.Range)
                .Append(" | ")
                .Append(key.Description)
                .Append(" |\n");
        }

        return text.ToString();
    }

    private static string SectionOf(string path) => path.LastIndexOf('.') is > 0 and var dot ? path[..dot] : "";
}
