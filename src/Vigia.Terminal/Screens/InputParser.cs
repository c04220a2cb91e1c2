using System.Globalization;
using System.Text;

namespace Vigia.Terminal.Screens;

/// <summary>
/// Reads what a terminal sends: keys, escape sequences (xterm, VT, rxvt, Linux console), bracketed paste, SGR mouse,
/// answers.
/// </summary>
/// <remarks>
/// Bytes may come in any pieces. A lone escape is only known to be one when nothing follows: see <see cref="Flush"/>.
/// </remarks>
internal sealed class InputParser
{
    private const int LargestPaste = 1 << 16;

    private static readonly Dictionary<char, string> Finals = new()
    {
        ['A'] = "up",
        ['B'] = "down",
        ['C'] = "right",
        ['D'] = "left",
        ['H'] = "home",
        ['F'] = "end",
        ['Z'] = "shift-tab",
        ['P'] = "f1",
        ['Q'] = "f2",
        ['R'] = "f3",
        ['S'] = "f4",
    };

    private static readonly Dictionary<int, string> Tildes = new()
    {
        [1] = "home",
        [2] = "insert",
        [3] = "delete",
        [4] = "end",
        [5] = "pgup",
        [6] = "pgdn",
        [7] = "home",
        [8] = "end",
        [11] = "f1",
        [12] = "f2",
        [13] = "f3",
        [14] = "f4",
        [15] = "f5",
        [17] = "f6",
        [18] = "f7",
        [19] = "f8",
        [20] = "f9",
        [21] = "f10",
        [23] = "f11",
        [24] = "f12",
    };

    private readonly List<byte> _pending = [];
    private List<byte>? _paste;

    /// <summary>True where an escape sequence has begun and may not be complete.</summary>
    public bool IsPending => _pending.Count > 0;

    /// <summary>Takes bytes and gives what they are.</summary>
    public void Read(ReadOnlySpan<byte> bytes, List<InputEvent> into)
    {
        _pending.AddRange(bytes);
        var at = 0;
        while (at < _pending.Count)
        {
            var used = _paste is null ? Next(at, into) : Paste(at, into);
            if (used == 0)
            {
                break;
            }

            at += used;
        }

        _pending.RemoveRange(0, at);
    }

    /// <summary>Nothing has followed for a while: what is pending is what it looks like.</summary>
    public void Flush(List<InputEvent> into)
    {
        if (_paste is not null)
        {
            return;
        }

        if (_pending.Count > 0 && _pending[0] == 0x1B)
        {
            into.Add(InputEvent.Key("esc"));
            if (_pending.Count > 1)
            {
                var rest = _pending.Skip(1).ToArray();
                _pending.Clear();
                Read(rest, into);
                return;
            }
        }

        _pending.Clear();
    }

    /// <summary>Reads one event; returns the bytes used, 0 where more are needed.</summary>
    private int Next(int at, List<InputEvent> into)
    {
        var first = _pending[at];
        if (first == 0x1B)
        {
            return Escape(at, into);
        }

        if (first < 0x20 || first == 0x7F)
        {
            into.Add(InputEvent.Key(Control(first)));
            return 1;
        }

        if (first == ' ')
        {
            into.Add(InputEvent.Key("space"));
            return 1;
        }

        var length =
            first < 0x80 ? 1
            : first >= 0xF0 ? 4
            : first >= 0xE0 ? 3
            : first >= 0xC0 ? 2
            : 1;
        if (at + length > _pending.Count)
        {
            return 0;
        }

        into.Add(InputEvent.Key(Encoding.UTF8.GetString([.. _pending.GetRange(at, length)])));
        return length;
    }

    private static string Control(byte code) =>
        code switch
        {
            0x00 => "ctrl-space",
            0x08 or 0x7F => "backspace",
            0x09 => "tab",
            0x0A or 0x0D => "enter",
            0x1C => "ctrl-\\",
            0x1D => "ctrl-]",
            0x1E => "ctrl-^",
            0x1F => "ctrl-_",
            _ => $"ctrl-{(char)('a' + code - 1)}",
        };

    private int Escape(int at, List<InputEvent> into)
    {
        if (at + 1 >= _pending.Count)
        {
            return 0;
        }

        var second = (char)_pending[at + 1];
        switch (second)
        {
            case '[':
                return Csi(at, into);
            case 'O':
                if (at + 2 >= _pending.Count)
                {
                    return 0;
                }

                if (Finals.TryGetValue((char)_pending[at + 2], out var name))
                {
                    into.Add(InputEvent.Key(name));
                }

                return 3;
            case ']':
                return Osc(at, into);
            case '\e':
                into.Add(InputEvent.Key("esc"));
                return 1;
            default:
                // No key is bound to alt: an escape with something close behind it (typed fast, or sent together over a
                // slow line) is an escape and then that.
                into.Add(InputEvent.Key("esc"));
                return 1;
        }
    }

    private int Csi(int at, List<InputEvent> into)
    {
        var end = at + 2;

        // The Linux console's function keys have a second bracket.
        if (end < _pending.Count && _pending[end] == '[')
        {
            if (end + 1 >= _pending.Count)
            {
                return 0;
            }

            into.Add(InputEvent.Key($"f{_pending[end + 1] - 'A' + 1}"));
            return 4;
        }

        while (end < _pending.Count && _pending[end] is < 0x40 or > 0x7E)
        {
            end++;
        }

        if (end >= _pending.Count)
        {
            return _pending.Count - at > 64 ? _pending.Count - at : 0;
        }

        var final = (char)_pending[end];
        var text = Encoding.ASCII.GetString([.. _pending.GetRange(at + 2, end - at - 2)]);
        var used = end - at + 1;
        if (text.StartsWith('<') && final is 'M' or 'm')
        {
            Mouse(text[1..], final, into);
            return used;
        }

        var numbers = text.Split(';')
            .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .ToArray();
        if (final == '~' && numbers[0] == 200)
        {
            _paste = [];
            return used;
        }

        var modifiers = numbers.Length > 1 && numbers[1] > 1 ? numbers[1] - 1 : 0;
        var key =
            final == '~' ? Tildes.GetValueOrDefault(numbers[0])
            : final == 'u' ? Unicode(numbers[0])
            : Finals.GetValueOrDefault(final);
        if (key is not null && text is not ['?', ..])
        {
            var control = (modifiers & 4) != 0 ? "ctrl-" : "";
            var alt = (modifiers & 2) != 0 ? "alt-" : "";
            var shift = (modifiers & 1) != 0 ? "shift-" : "";
            into.Add(InputEvent.Key($"{control}{alt}{shift}{key}"));
        }

        return used;
    }

    private static string? Unicode(int code) =>
        code switch
        {
            13 => "enter",
            27 => "esc",
            9 => "tab",
            127 => "backspace",
            32 => "space",
            > 32 and < 127 => ((char)code).ToString(),
            _ => null,
        };

    private static void Mouse(string text, char final, List<InputEvent> into)
    {
        var parts = text.Split(';');
        if (
            parts.Length != 3
            || !int.TryParse(parts[0], out var button)
            || !int.TryParse(parts[1], out var x)
            || !int.TryParse(parts[2], out var y)
        )
        {
            return;
        }

        if ((button & 64) != 0)
        {
            into.Add(new(InputKind.Wheel, (button & 1) == 0 ? "up" : "down", x - 1, y - 1));
        }
        else if (button == 0 && final == 'M')
        {
            into.Add(new(InputKind.Click, "left", x - 1, y - 1));
        }
    }

    /// <summary>An answer: only the background's colour is asked for (<c>OSC 11</c>).</summary>
    private int Osc(int at, List<InputEvent> into)
    {
        for (var end = at + 2; end < _pending.Count; end++)
        {
            if (_pending[end] is not (0x07 or 0x1B))
            {
                continue;
            }

            if (_pending[end] == 0x1B && end + 1 >= _pending.Count)
            {
                return 0;
            }

            var text = Encoding.ASCII.GetString([.. _pending.GetRange(at + 2, end - at - 2)]);
            if (text.StartsWith("11;rgb:", StringComparison.Ordinal) && Luminance(text[7..]) is { } light)
            {
                into.Add(new(InputKind.Background, light > 0.5 ? "light" : "dark"));
            }

            return end - at + (_pending[end] == 0x07 ? 1 : 2);
        }

        return _pending.Count - at > 256 ? _pending.Count - at : 0;
    }

    private static double? Luminance(string rgb)
    {
        var parts = rgb.Split('/');
        var values = parts
            .Select(part =>
                int.TryParse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
                    ? value / (Math.Pow(16, part.Length) - 1)
                    : -1
            )
            .ToArray();
        return values.Length == 3 && values.All(value => value >= 0) ? (0.3 * values[0]) + (0.59 * values[1]) + (0.11 * values[2]) : null;
    }

    private int Paste(int at, List<InputEvent> into)
    {
        ReadOnlySpan<byte> end = "\e[201~"u8;
        var rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending)[at..];
        var found = rest.IndexOf(end);
        if (found < 0)
        {
            // The end may have come in part.
            var safe = Math.Max(rest.Length - end.Length, 0);
            _paste!.AddRange(rest[..safe]);
            return safe;
        }

        _paste!.AddRange(rest[..found]);
        into.Add(new(InputKind.Paste, Encoding.UTF8.GetString([.. _paste!.Take(LargestPaste)])));
        _paste = null;
        return found + end.Length;
    }
}
