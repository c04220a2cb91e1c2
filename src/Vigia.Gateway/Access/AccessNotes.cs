using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Access;

/// <summary>Notes about a request's access: in a header of the answer, and in the audit log.</summary>
internal sealed class AccessNotes
{
    /// <summary>Reports to the client that a part of the answer is missing, and why.</summary>
    public const string Header = "X-Vigia-Incomplete";

    private readonly List<string> _notes = [];

    /// <summary>The parts that were left out; null if there are none.</summary>
    public string? Text => _notes.Count == 0 ? null : string.Join("; ", _notes);

    /// <summary>Something is left out.</summary>
    public void Incomplete(HttpContext context, string reason)
    {
        if (_notes.Contains(reason))
        {
            return;
        }

        _notes.Add(reason);
        if (!context.Response.HasStarted)
        {
            context.Response.Headers[Header] = string.Join(
                "; ",
                _notes.Select(note => string.Concat(note.Select(c => c is >= ' ' and < (char)127 ? c : ' ')))
            );
        }
    }
}
