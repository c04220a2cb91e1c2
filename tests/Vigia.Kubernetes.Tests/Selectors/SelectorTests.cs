namespace Vigia.Kubernetes.Tests.Selectors;

public sealed class SelectorTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app=api", false)]
    [InlineData("app!=api", true)]
    [InlineData("missing!=x", true)]
    [InlineData("app in (web, api)", true)]
    [InlineData("app in (api)", false)]
    [InlineData("app notin (api)", true)]
    [InlineData("missing notin (x)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!missing", true)]
    [InlineData(" app = web , tier in (front) , !missing", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("example.com/team=a", true)]
    [InlineData("empty=", true)]
    [InlineData("cores>3", true)]
    [InlineData("cores>4", false)]
    [InlineData("cores > 03", true)]
    [InlineData("cores<5", true)]
    [InlineData("cores<4", false)]
    [InlineData("cores>3,cores<5,app=web", true)]
    [InlineData("missing>3", false)]
    [InlineData("missing<3", false)]
    [InlineData("app>3", false)]
    [InlineData("app<3", false)]
    [InlineData("empty<3", false)]
    [InlineData("huge<9223372036854775807", false)]
    [InlineData("cores<9223372036854775807", true)]
    public void Label_selectors_match_as_kubernetes_does(string text, bool expected)
    {
        var labels = LabelSet.Create([
            new("app", "web"),
            new("tier", "front"),
            new("example.com/team", "a"),
            new("empty", ""),
            new("cores", "4"),
            new("huge", "9223372036854775808"),
        ]);

        Assert.Equal(expected, LabelSelector.Parse(text).Matches(labels));
    }

    [Theory]
    [InlineData("a==b", "a=b")]
    [InlineData("c in (y,x,x),a", "a,c in (x,y)")]
    [InlineData("b notin (z)", "b!=z")]
    [InlineData("!q , p!=1", "p!=1,!q")]
    [InlineData("n < 07 ,m >3", "m>3,n<07")]
    public void Canonical_texts_read_back_to_themselves(string text, string canonical)
    {
        var selector = LabelSelector.Parse(text);

        Assert.Equal(canonical, selector.ToString());
        Assert.Equal(canonical, LabelSelector.Parse(canonical).ToString());
    }

    [Theory]
    [InlineData("a b", "found 'b', expected: in, notin")]
    [InlineData("a in x", "expected '('")]
    [InlineData("a in (x", "expected ','")]
    [InlineData("=x", "expected a label key, found '='")]
    [InlineData("a,", "expected a label key, found the end")]
    [InlineData("a=b=c", "expected ','")]
    [InlineData("-a=b", "'-a' is not a label key")]
    [InlineData("a=b c", "expected ','")]
    [InlineData("UP/a=b", "prefix")]
    [InlineData("a>b", "'b' cannot be compared: for '>' and '<' the value must be an integer")]
    [InlineData("a<", "'' cannot be compared")]
    [InlineData("a>9223372036854775808", "must be an integer of 64 bits")]
    [InlineData("a>-1", "'-1' is not a label value")]
    [InlineData("a>=3", "there is no >=")]
    [InlineData("a<=3", "there is no <=")]
    [InlineData("a>3>4", "expected ',', found '>'")]
    [InlineData("a=b>c", "expected ',', found '>'")]
    [InlineData("a in (b<c)", "expected ',', found '<'")]
    [InlineData("a=$x", "'$x' is not a label value")]
    public void Bad_label_selectors_are_refused_with_the_reason(string text, string reason)
    {
        Assert.False(LabelSelector.TryParse(text, out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Contains(text, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spec.nodeName=n1,status.phase!=Running", "spec.nodeName=n1,status.phase!=Running")]
    [InlineData("metadata.name==x", "metadata.name=x")]
    [InlineData(@"a=x\,y\=z\\", @"a=x\,y\=z\\")]
    [InlineData("", "")]
    public void Field_selectors_read_back_to_themselves(string text, string canonical) =>
        Assert.Equal(canonical, FieldSelector.Parse(text).ToString());

    [Fact]
    public void An_absent_field_counts_as_empty()
    {
        Assert.True(FieldSelector.Parse("a!=x").Matches(_ => null));
        Assert.True(FieldSelector.Parse("a=").Matches(_ => null));
        Assert.False(FieldSelector.Parse("a=x").Matches(_ => null));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("=b")]
    [InlineData(@"a=b\c")]
    [InlineData("a=b=c")]
    public void Bad_field_selectors_are_refused(string text)
    {
        Assert.False(FieldSelector.TryParse(text, out _, out var error));
        Assert.Contains("unable to parse the field selector", error, StringComparison.Ordinal);
    }
}
