using System.Buffers.Text;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Catalog.Paths;

/// <summary>A value within an object's bytes, read in place; nothing is parsed before it is needed.</summary>
/// <remarks>
/// Only for bytes whose grammar was checked (those of a <see cref="RawObject"/>). An absent value is
/// <see cref="IsAbsent"/>, and so are all values below it, so paths can be chained.
/// </remarks>
internal readonly ref struct JsonView(ReadOnlySpan<byte> value)
{
    private readonly ReadOnlySpan<byte> _value = value;

    public bool IsAbsent => _value.IsEmpty || _value[0] == (byte)'n';

    public bool IsObject => !_value.IsEmpty && _value[0] == (byte)'{';

    public bool IsArray => !_value.IsEmpty && _value[0] == (byte)'[';

    public bool IsString => !_value.IsEmpty && _value[0] == (byte)'"';

    public bool IsTrue => !_value.IsEmpty && _value[0] == (byte)'t';

    public ReadOnlySpan<byte> Raw => _value;

    /// <summary>A member of an object.</summary>
    public JsonView this[ReadOnlySpan<byte> name]
    {
        get
        {
            foreach (var member in Members())
            {
                if (member.Name.SequenceEqual(name))
                {
                    return member.Value;
                }
            }

            return default;
        }
    }

    /// <summary>The text of a string, or of a number or boolean as written; null if absent.</summary>
    public string? Text =>
        IsAbsent || IsObject || IsArray ? null
        : IsString ? StringCache.Read(_value[1..^1])
        : System.Text.Encoding.UTF8.GetString(_value);

    /// <summary>A number; 0 if absent.</summary>
    public long Number => Utf8Parser.TryParse(_value, out long number, out _) ? number : 0;

    /// <summary>A time; null if absent, or Go's zero time.</summary>
    public DateTimeOffset? Time =>
        IsString
        && DateTimeOffset.TryParse(
            Text,
            System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal,
            out var time
        )
        && time.UtcTicks > 0
            ? time
            : null;

    public bool TextEquals(ReadOnlySpan<byte> text) => IsString && _value[1..^1].SequenceEqual(text);

    /// <summary>How many members or items there are.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var _ in Items())
            {
                count++;
            }

            return count;
        }
    }

    public MemberEnumerator Members() => new(IsObject ? _value : default);

    /// <summary>The items of an array, or the values of an object.</summary>
    public ItemEnumerator Items() => new(IsArray || IsObject ? _value : default);

    /// <summary>Steps to the next member or item; false at the closing bracket.</summary>
    private static bool Next(ReadOnlySpan<byte> json, ref int at)
    {
        if (json.IsEmpty)
        {
            return false;
        }

        at = JsonScan.SkipWhiteSpace(json, at);
        if (json[at] == (byte)',')
        {
            at = JsonScan.SkipWhiteSpace(json, at + 1);
        }

        return json[at] is not ((byte)'}' or (byte)']');
    }

    public ref struct MemberEnumerator(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at = 1;

        public Member Current { get; private set; }

        public readonly MemberEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (!Next(_json, ref _at))
            {
                return false;
            }

            var nameEnd = JsonScan.SkipString(_json, _at);
            var valueAt = JsonScan.SkipWhiteSpace(_json, JsonScan.SkipWhiteSpace(_json, nameEnd) + 1);
            var end = JsonScan.SkipValue(_json, valueAt);
            Current = new Member(_json[(_at + 1)..(nameEnd - 1)], new JsonView(_json[valueAt..end]));
            _at = end;
            return true;
        }
    }

    public readonly ref struct Member(ReadOnlySpan<byte> name, JsonView value)
    {
        public ReadOnlySpan<byte> Name { get; } = name;

        public JsonView Value { get; } = value;
    }

    public ref struct ItemEnumerator(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at = 1;

        public JsonView Current { get; private set; }

        public readonly ItemEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (!Next(_json, ref _at))
            {
                return false;
            }

            if (_json[0] == (byte)'{')
            {
                _at = JsonScan.SkipWhiteSpace(_json, JsonScan.SkipWhiteSpace(_json, JsonScan.SkipString(_json, _at)) + 1);
            }

            var end = JsonScan.SkipValue(_json, _at);
            Current = new JsonView(_json[_at..end]);
            _at = end;
            return true;
        }
    }
}
