using System.Text;

namespace Vigia.Simulator.Subresources;

/// <summary>When a step of a script is carried out.</summary>
internal enum StepCondition
{
    Always,
    Success,
    Failure,
}

/// <summary>One command of a script.</summary>
internal readonly record struct ShellStep(string Text, StepCondition After);

/// <summary>The little grammar of the fake shell.</summary>
internal static class ShellSyntax
{
    /// <summary>Cuts a script at <c>;</c>, line ends, <c>&amp;&amp;</c> and <c>||</c> outside quotes.</summary>
    public static IReadOnlyList<ShellStep> Split(string script)
    {
        var steps = new List<ShellStep>();
        var (from, after, quote) = (0, StepCondition.Always, '\0');
        for (var i = 0; i < script.Length; i++)
        {
            var c = script[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
                continue;
            }

            if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c is ';' or '\n' or '\r')
            {
                steps.Add(new(script[from..i], after));
                (from, after) = (i + 1, StepCondition.Always);
            }
            else if (c is '&' or '|' && i + 1 < script.Length && script[i + 1] == c)
            {
                steps.Add(new(script[from..i], after));
                (from, after) = (i + 2, c == '&' ? StepCondition.Success : StepCondition.Failure);
                i++;
            }
        }

        steps.Add(new(script[from..], after));
        return steps;
    }

    /// <summary>
    /// Takes a command apart into words: quotes, <c>\</c>, <c>$NAME</c>, <c>${NAME}</c>; <c>&gt;&amp;2</c> sends the
    /// output to standard error, <c>&gt;/dev/null</c> nowhere.
    /// </summary>
    public static (IReadOnlyList<string> Words, bool ToError, bool Silent) Words(string command, Func<string, string> variable)
    {
        var (words, word, started, toError, silent) = (new List<string>(), new StringBuilder(), false, false, false);
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            switch (c)
            {
                case '\'':
                    var close = command.IndexOf('\'', i + 1);
                    close = close < 0 ? command.Length : close;
                    word.Append(command, i + 1, close - i - 1);
                    (i, started) = (close, true);
                    break;
                case '"':
                    started = true;
                    for (i++; i < command.Length && command[i] != '"'; i++)
                    {
                        Take(ref i);
                    }

                    break;
                case ' ' or '\t':
                    End();
                    break;
                case '#' when !started:
                    i = command.Length;
                    break;
                case '>':
                    var stream = word.ToString();
                    if (stream is "1" or "2")
                    {
                        word.Clear();
                        started = false;
                    }

                    var rest = command.AsSpan(i + 1).TrimStart(" >");
                    var target = rest.IndexOfAny(" \t") is var stop and >= 0 ? rest[..stop] : rest;
                    i = command.Length - rest.Length + target.Length - 1;
                    (toError, silent) = (
                        toError || (target is "&2" && stream is not "2"),
                        silent || (target is "/dev/null" && stream is not "2")
                    );
                    break;
                default:
                    started = true;
                    Take(ref i);
                    break;
            }
        }

        End();
        return (words, toError, silent);

        void Take(ref int i)
        {
            if (command[i] == '\\' && i + 1 < command.Length)
            {
                word.Append(command[++i]);
            }
            else if (
                command[i] == '$'
                && i + 1 < command.Length
                && (char.IsAsciiLetter(command[i + 1]) || command[i + 1] is '_' or '?' or '{')
            )
            {
                var braces = command[i + 1] == '{';
                var from = i + (braces ? 2 : 1);
                var end = from;
                while (
                    end < command.Length
                    && (command[end] == '?' && end == from || char.IsAsciiLetterOrDigit(command[end]) || command[end] == '_')
                )
                {
                    end++;
                    if (command[from] == '?')
                    {
                        break;
                    }
                }

                word.Append(variable(command[from..end]));
                i = braces && end < command.Length && command[end] == '}' ? end : end - 1;
            }
            else
            {
                word.Append(command[i]);
            }
        }

        void End()
        {
            if (started)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            started = false;
        }
    }
}
