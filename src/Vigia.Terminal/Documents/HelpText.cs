using Vigia.Terminal.Keys;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>The help page: generated from the table of keys.</summary>
internal static class HelpText
{
    /// <summary>The page.</summary>
    /// <param name="keys">The keys; null for those that nobody has chosen others for.</param>
    /// <param name="isReadOnly">Whether keys that change something are off: the page marks them.</param>
    public static TextDocument Write(KeyTable? keys = null, bool isReadOnly = false)
    {
        var lines = new List<TextLine>();
        foreach (var group in (keys ?? KeyTable.Default).All.Where(binding => binding.Text.Length > 0).GroupBy(binding => binding.Group))
        {
            lines.Add(TextLine.Of(group.Key.ToUpperInvariant(), TextRole.Heading));
            foreach (var binding in group)
            {
                var names = binding.Action == UiAction.Namespace ? "0-9" : string.Join(' ', binding.Keys.Select(KeyBinding.Show));
                lines.Add(
                    new([
                        new($"  {names, -22}", TextRole.Key),
                        new(binding.Text, isReadOnly && binding.Writes ? TextRole.Muted : TextRole.Plain),
                        new(isReadOnly && binding.Writes ? "  off: this session is read-only" : "", TextRole.Warning),
                        new(binding.Kinds is null ? "" : $"  ({string.Join(", ", binding.Kinds)})", TextRole.Muted),
                    ])
                );
            }

            lines.Add(TextLine.Of(""));
        }

        lines.Add(TextLine.Of("COMMANDS", TextRole.Heading));
        foreach (
            var (command, text) in new[]
            {
                (":po, :deploy, :svc …", "a resource, by any name kubectl takes; custom resources too"),
                (":po kube-system", "in a namespace; all for all of them"),
                (":po /crash !istio", "with a filter; -f for a fuzzy one"),
                (":po app=a,env=b", "by labels"),
                (":ns NAME", "the namespace; :ns for the list"),
                (":ctx NAME", "another context; :ctx A B looks at both in one table, :ctx * at all"),
                (":pulse", "the overview"),
                (":actions", "what was done in this session, step by step"),
                (":pf", "ports that lead to pods; enter ends one"),
                (":suspend", "to the shell; fg comes back"),
                (":q", "quit"),
            }
        )
        {
            lines.Add(new([new($"  {command, -22}", TextRole.Key), new(text)]));
        }

        return new(lines);
    }
}
