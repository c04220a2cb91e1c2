using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Commands;

/// <summary>Passes text on without what a terminal would obey: for output that has a server's words in it.</summary>
internal sealed class CleanWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc/>
    public override void Write(string? value) => inner.Write(TextWidth.CleanLines(value ?? ""));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => inner.WriteLine(TextWidth.CleanLines(value ?? ""));

    /// <inheritdoc/>
    public override Task WriteAsync(string? value) => inner.WriteAsync(TextWidth.CleanLines(value ?? ""));

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value) => inner.WriteLineAsync(TextWidth.CleanLines(value ?? ""));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync() => inner.FlushAsync();
}
