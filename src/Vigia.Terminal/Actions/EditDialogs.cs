using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Actions;

/// <summary>The question where an edit would change what others manage.</summary>
internal static class EditDialogs
{
    private const int MostFields = 6;

    public static DialogState Conflict(EditSession session, IReadOnlyList<ApplyConflict> conflicts)
    {
        var lines = new List<string> { "Others manage what this would change:" };
        foreach (var group in conflicts.GroupBy(conflict => conflict.Manager, StringComparer.Ordinal))
        {
            var fields = group.Select(conflict => conflict.Field).Distinct(StringComparer.Ordinal).ToArray();
            var more = fields.Length > MostFields ? $" and {fields.Length - MostFields} more" : "";
            lines.Add($"  {group.Key}: {string.Join(", ", fields.Take(MostFields))}{more}");
        }

        lines.Add("They may set them back. Taking them over is");
        lines.Add($"$ {session.Kubectl.Replace(" -f ", " --force-conflicts -f ", StringComparison.Ordinal)}");
        return new(
            $"edit {session.Title}: conflict",
            _ => new(lines),
            [
                new("y", "take over", new EditEffect(EditStep.Force)),
                new("e", "edit again", new EditEffect(EditStep.Again)),
                new("n", "leave it", new EditEffect(EditStep.Keep)),
            ]
        )
        {
            Focus = 2,
            Cancelled = new EditEffect(EditStep.Keep),
        };
    }
}
