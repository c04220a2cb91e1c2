using Vigia.Simulator.Subresources.Spdy;

namespace Vigia.Simulator.Tests;

public sealed class SpdyHeadersTests
{
    [Fact]
    public void The_dictionary_is_the_one_that_the_protocol_prescribes()
    {
        // The Adler-32 that a SPDY/3.1 client names in the first bytes of its headers.
        var (a, b) = (1u, 0u);
        foreach (var octet in SpdyHeaders.Dictionary)
        {
            a = (a + octet) % 65_521;
            b = (b + a) % 65_521;
        }

        Assert.Equal(0xE3C6A7C2u, (b << 16) | a);
        Assert.Equal(1423, SpdyHeaders.Dictionary.Length);
    }

    [Fact]
    public void Blocks_of_one_session_are_read_one_after_the_other()
    {
        using var writer = new SpdyHeaders();
        using var reader = new SpdyHeaders();

        for (var i = 0; i < 50; i++)
        {
            var pairs = new Dictionary<string, string>
            {
                ["streamtype"] = "data",
                ["port"] = "8080",
                ["requestid"] = $"{i}",
            };
            Assert.Equal(pairs, reader.Read(writer.Write(pairs)));
        }
    }

    [Fact]
    public void What_is_no_block_is_refused()
    {
        using var reader = new SpdyHeaders();

        Assert.True(Record.Exception(() => reader.Read([0x78, 0x9C, 0xFF, 0xFF, 0xFF])) is InvalidDataException or IOException);
    }
}
