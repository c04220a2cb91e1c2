using System.Text.RegularExpressions;

namespace Vigia.Tests;

/// <summary>
/// One file of source, read as text: its namespace, the types that it declares and the names that it mentions.
/// </summary>
internal sealed partial class SourceFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">From the repository's root, with slashes.</param>
    /// <param name="text">The source.</param>
    public SourceFile(string path, string text)
    {
        var code = Literal().Replace(Comment().Replace(RawLiteral().Replace(text, "\"\""), ""), "\"\"");
        Path = path;
        Namespace = NamespaceOf().Match(code) is { Success: true } found ? found.Groups[1].Value : "";
        Types = [.. Declaration().Matches(code).Select(match => match.Groups[2].Value)];
        DeclaresPublicType = Declaration().Matches(code).Any(match => match.Groups[1].Value.Contains("public ", StringComparison.Ordinal));
        Names = [.. Name().Matches(code).Select(match => match.Value)];
        Visible = [.. Using().Matches(code).Select(match => match.Groups[1].Value)];
        for (var ns = Namespace; ns.Length > 0; ns = ns.Contains('.', StringComparison.Ordinal) ? ns[..ns.LastIndexOf('.')] : "")
        {
            Visible.Add(ns);
        }
    }

    public string Path { get; }

    public string Folder => Path[..Path.LastIndexOf('/')];

    public string Project => Path.Split('/')[1];

    public string Namespace { get; }

    /// <summary>Types outside of any other.</summary>
    public HashSet<string> Types { get; }

    public bool DeclaresPublicType { get; }

    public HashSet<string> Names { get; }

    /// <summary>The namespaces whose types it can name.</summary>
    public HashSet<string> Visible { get; }

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"")]
    private static partial Regex RawLiteral();

    [GeneratedRegex(@"//[^\n]*|/\*[\s\S]*?\*/")]
    private static partial Regex Comment();

    [GeneratedRegex("\"(?:[^\"\\\\\\n]|\\\\.)*\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceOf();

    [GeneratedRegex(
        @"^((?:(?:public|internal|file|sealed|static|abstract|partial|readonly|ref|unsafe)\s+)*)"
            + @"(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?|delegate\s+[\w<>\[\]?., ]+?)\s+([A-Z]\w*)",
        RegexOptions.Multiline
    )]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?:global )?using\s+(?:static\s+)?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
