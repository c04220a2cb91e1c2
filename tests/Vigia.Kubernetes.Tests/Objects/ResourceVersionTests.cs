using System.Text;

namespace Vigia.Kubernetes.Tests.Objects;

/// <summary>Revisions are compared as KEP-5504 says, and not compared where it does not apply.</summary>
public sealed class ResourceVersionTests
{
    [Theory]
    [InlineData("1", "2", RevisionOrder.Older)]
    [InlineData("10", "9", RevisionOrder.Newer)]
    [InlineData("7", "7", RevisionOrder.Equal)]
    [InlineData("18446744073709551615", "18446744073709551614", RevisionOrder.Newer)]
    [InlineData("18446744073709551616", "18446744073709551615", RevisionOrder.Newer)]
    [InlineData("18446744073709551615", "18446744073709551616", RevisionOrder.Older)]
    [InlineData("340282366920938463463374607431768211455", "340282366920938463463374607431768211454", RevisionOrder.Newer)]
    [InlineData("99999999999999999999", "100000000000000000000", RevisionOrder.Older)]
    [InlineData("", "", RevisionOrder.Equal)]
    [InlineData("", "5", RevisionOrder.Unknown)]
    [InlineData("0", "5", RevisionOrder.Unknown)]
    [InlineData("05", "5", RevisionOrder.Unknown)]
    [InlineData("+5", "6", RevisionOrder.Unknown)]
    [InlineData("-5", "6", RevisionOrder.Unknown)]
    [InlineData("1.5", "6", RevisionOrder.Unknown)]
    [InlineData("1e3", "6", RevisionOrder.Unknown)]
    [InlineData("12/34", "6", RevisionOrder.Unknown)]
    [InlineData("12/34", "12/34", RevisionOrder.Equal)]
    public void Digits_are_compared_by_length_and_then_as_text_and_all_else_is_unknown_or_equal(
        string left,
        string right,
        RevisionOrder expected
    )
    {
        var (a, b) = (Both(left), Both(right));

        Assert.Equal(expected, a.CompareTo(b));
        Assert.Equal(
            expected switch
            {
                RevisionOrder.Older => RevisionOrder.Newer,
                RevisionOrder.Newer => RevisionOrder.Older,
                _ => expected,
            },
            b.CompareTo(a)
        );
        Assert.Equal(expected == RevisionOrder.Equal, a == b);
        Assert.Equal((expected == RevisionOrder.Older, expected == RevisionOrder.Newer), (a.IsOlderThan(b), a.IsNewerThan(b)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00")]
    [InlineData("42")]
    [InlineData("042")]
    [InlineData("+42")]
    [InlineData("18446744073709551616")]
    [InlineData("a/b")]
    public void The_text_goes_back_to_the_server_as_it_came(string text) => Assert.Equal(text, Both(text).ToString());

    /// <summary>Read from text and from bytes: both must give the same.</summary>
    private static ResourceVersion Both(string text)
    {
        var version = ResourceVersion.Parse(text);
        Assert.Equal(version, ResourceVersion.Parse(Encoding.UTF8.GetBytes(text)));
        return version;
    }
}
