using System.Text.RegularExpressions;

namespace Vigia.Tests;

/// <summary>
/// No type grows past what one can hold in one's head, and cutting a file in two by <c>partial</c> is no way around
/// that.
/// </summary>
public sealed partial class ClassLengthTests
{
    private const int Longest = 500;

    [Fact]
    public void No_type_is_too_long()
    {
        var lengths = LengthsOf(SourceTree.Below("src").Select(file => File.ReadAllText(Path.Combine(SourceTree.Root, file))));
        var tooLong = lengths.Where(type => type.Value > Longest).OrderByDescending(type => type.Value);

        Assert.NotEmpty(lengths);
        Assert.Empty(tooLong.Select(type => $"{type.Key} has {type.Value} lines, more than {Longest}"));
    }

    [Fact]
    public void Lines_are_counted_from_the_declaration_to_the_last_brace_over_all_files()
    {
        string[] files =
        [
            """"
                namespace N;

                /// <summary>A brace: {</summary>
                public sealed partial class One(int a)
                    : Two
                {
                    private const char Open = '{'; // {
                    private const string Raw = """
                        {
                        """;
                    private readonly string _text = $"{{ {(a > 0 ? $"{a}\"{{" : @"\")} {'}'}";
                    private readonly string _raw = $$"""{ {{a}} {{{new[] { a }.Length}}} "" """;

                    /* { */
                    private sealed class Inner
                    {
                    }
                }

                internal sealed record Short(int A);
                """",
            """
                namespace N;

                partial class One
                {
                }
                """,
        ];
        var lengths = LengthsOf(files);

        Assert.Equal(["N.One: 18", "N.Short: 1"], lengths.Select(type => $"{type.Key}: {type.Value}"));
    }

    private static Dictionary<string, int> LengthsOf(IEnumerable<string> files)
    {
        var lengths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var code in files.Select(CodeText.Of))
        {
            var space = Namespace().Match(code).Groups[1].Value;
            foreach (Match type in Declaration().Matches(code))
            {
                var lines = code[type.Index..End(code, type.Index + type.Length)].Count(c => c == '\n') + 1;
                var name = $"{space}.{type.Groups[1].Value}";
                lengths[name] = lengths.GetValueOrDefault(name) + lines;
            }
        }

        return lengths;
    }

    /// <summary>Where a type's last brace is, or its semicolon where it has no braces.</summary>
    private static int End(string code, int from)
    {
        var (braces, brackets) = (0, 0);
        for (var i = from; i < code.Length; i++)
        {
            braces += Step(code[i], '{', '}');
            brackets += Step(code[i], '(', ')') + Step(code[i], '[', ']');
            if (braces == 0 && brackets == 0 && code[i] is ('}' or ';'))
            {
                return i;
            }
        }

        throw new InvalidOperationException($"a type without an end: {code[from..]}");
    }

    private static int Step(char c, char open, char close) =>
        c == open ? 1
        : c == close ? -1
        : 0;

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // At the beginning of a line: a type outside of any other, as namespaces here have no braces.
    [GeneratedRegex(
        @"^(?:(?:public|internal|file|sealed|static|abstract|partial|readonly|ref|unsafe) +)*"
            + @"(?:class|struct|interface|record(?: struct| class)?) +(\w+(?:<[^>\n]*>)?)",
        RegexOptions.Multiline
    )]
    private static partial Regex Declaration();
}
