namespace Vigia.Catalog.Tests.Rows;

/// <summary>Columns are sorted by value, whatever the value is written like.</summary>
public sealed class CellOrderTests
{
    [Theory]
    [InlineData("500Mi 9Gi 10Gi")]
    [InlineData("100m 1 1500m 2 1k 1Ki 1M")]
    [InlineData("-5 0.5 9.5 10.5")]
    [InlineData("0/1 0/3 1/3 1/2 1/1 2/2 10/10 nothing")]
    [InlineData("<none> 1 2 10 abc")]
    [InlineData("9% 80% 100%")]
    [InlineData("10 1e3 5k Alpha beta")]
    public void Texts_with_a_value_are_in_the_order_of_their_values(string expected)
    {
        var texts = expected.Split(' ');
        var random = new Random(3);
        for (var round = 0; round < 20; round++)
        {
            var mixed = texts.ToArray();
            random.Shuffle(mixed);
            Array.Sort(mixed, CellOrder.CompareTexts);
            Assert.Equal(expected, string.Join(' ', mixed));
        }
    }

    /// <summary>Sorting throws, or loops, where an order is none.</summary>
    [Fact]
    public void The_order_of_texts_is_total()
    {
        string[] texts =
        [
            "",
            "<none>",
            "-",
            "-1",
            "+1",
            "1",
            "1.0",
            "01",
            "1/0",
            "0/0",
            "1/2",
            "2/4",
            "a",
            "A",
            "1a",
            "10Gi",
            "10G",
            "1e400",
            "9%",
            "1/2/3",
            "٣",
            "é",
            "5m",
            "NaN",
            "Infinity",
        ];
        foreach (var a in texts)
        {
            foreach (var b in texts)
            {
                Assert.Equal(Math.Sign(CellOrder.CompareTexts(a, b)), -Math.Sign(CellOrder.CompareTexts(b, a)));
                foreach (var c in texts)
                {
                    Assert.False(
                        CellOrder.CompareTexts(a, b) <= 0 && CellOrder.CompareTexts(b, c) <= 0 && CellOrder.CompareTexts(a, c) > 0,
                        $"'{a}' '{b}' '{c}'"
                    );
                }
            }
        }
    }

    [Fact]
    public void Spans_are_in_the_order_of_their_length_and_ages_begin_with_the_youngest()
    {
        var from = DateTimeOffset.UnixEpoch.AddYears(50);
        var early = Cell.Span(from, from.AddSeconds(40));
        var late = Cell.Span(from.AddDays(-9), from.AddDays(-9).AddHours(2));
        var running = Cell.Span(from, null);
        Assert.True(CellOrder.Compare(ColumnType.Duration, early, late) < 0);
        Assert.True(CellOrder.Compare(ColumnType.Duration, late, running) < 0);
        Assert.True(CellOrder.Compare(ColumnType.Age, Cell.Of(from), Cell.Of(from.AddDays(-1))) < 0);
        Assert.True(CellOrder.Compare(ColumnType.Age, Cell.Of(from), Cell.Of((DateTimeOffset?)null)) < 0);
        Assert.True(CellOrder.Compare(ColumnType.Decimal, Cell.Of(9.5), Cell.Of(10.5)) < 0);
    }
}
