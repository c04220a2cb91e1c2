using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Live.Subscriptions;

/// <summary>The state of a resumption.</summary>
internal enum ResumptionStep
{
    /// <summary>
    /// Nothing can be sent yet: try again when <see cref="SourceResumption.NextChange"/> ends, or the log changes.
    /// </summary>
    Waiting,

    /// <summary>Send changes of the API server's history, then try again.</summary>
    Replaying,

    /// <summary>The log takes over at <see cref="SourceResumption.Cursor"/>.</summary>
    Joined,

    /// <summary>Only a reset helps; <see cref="SourceResumption.ResetReason"/> says why.</summary>
    Reset,
}

/// <summary>
/// Takes a client up again that was at another replica, or at an earlier process: from the log, from the API server's
/// own history, or not at all.
/// </summary>
/// <remarks>
/// A cursor's change identifies its history (<see cref="DeltaLog.Resume"/>). If the log begins after that change, the
/// server's history is replayed from just before it, so that the change itself comes first and proves the rest. If the
/// server no longer has that history, the cached object may prove it. Without proof the client is reset; no change is
/// ever skipped.
/// </remarks>
internal sealed class SourceResumption(ResourceFeed feed, SharedInformer informer, SourceCursor resume, string labels, TimeProvider time)
    : IAsyncDisposable
{
    private HistoryReplay.Reader? _replay;
    private readonly long _began = time.GetTimestamp();
    private Task<RevisionProbe.Answer>? _revision;
    private ChangeMark _expected;
    private bool _isByRevision;

    /// <summary>
    /// Ends when there may be a next step, in addition to changes of the log; null if only the log counts.
    /// </summary>
    public Task? NextChange { get; private set; }

    /// <summary>The place in the log, once joined.</summary>
    public DeltaCursor? Cursor { get; private set; }

    /// <summary>Why only a reset helps.</summary>
    public ResetReason ResetReason { get; private set; }

    /// <summary>How the client was taken up, once it is known.</summary>
    public StreamPickUp PickUp { get; private set; } = StreamPickUp.Reset;

    /// <summary>The last change that was replayed.</summary>
    public ChangeMark LastChange { get; private set; }

    /// <summary>Continues as far as it can without waiting.</summary>
    /// <param name="into">Receives the changes to send.</param>
    public async ValueTask<ResumptionStep> NextAsync(List<Delta> into)
    {
        into.Clear();
        NextChange = null;
        if (_replay is { } replay)
        {
            return await ReplayAsync(replay, into);
        }

        var (outcome, cursor) = informer.Log.Resume(resume.Revision, resume.Change);
        switch (outcome)
        {
            case ResumeOutcome.Opened:
                (Cursor, PickUp) = (cursor, StreamPickUp.Log);
                return ResumptionStep.Joined;
            case ResumeOutcome.OtherHistory:
                return Reset(ResetReason.Restored);
            case ResumeOutcome.Ahead:
                return await HoldAsync();
            default:
                PickUp = StreamPickUp.History;
                return await BeginReplayAsync(into);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _replay?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// The client has seen more than this log. Either this replica lags, or the server was restored to before that.
    /// </summary>
    private async ValueTask<ResumptionStep> HoldAsync()
    {
        _revision ??= feed.ServerRevision(time).AskAsync();
        if (!_revision.IsCompleted)
        {
            NextChange = _revision;
            return ResumptionStep.Waiting;
        }

        var (revision, askedAt) = await _revision;
        if (revision.IsNone || (askedAt < _began && revision.IsOlderThan(resume.Revision)))
        {
            // The server was unavailable; or an answer to another client, from before this client came, proves nothing
            // against its cursor.
            NextChange = _revision = feed.ServerRevision(time).AskAsync(_began);
            return ResumptionStep.Waiting;
        }

        // A server that has come this far has that revision; the log shows which change it is when it arrives there.
        return revision.IsOlderThan(resume.Revision) ? Reset(ResetReason.Restored) : ResumptionStep.Waiting;
    }

    private async ValueTask<ResumptionStep> BeginReplayAsync(List<Delta> into)
    {
        if (!resume.Revision.IsNumber)
        {
            return Reset(ResetReason.Expired);
        }

        _expected = resume.Change;
        _replay = _expected.IsNone
            ? feed.History(labels, time).ReadAfter(resume.Revision.Number)
            : feed.History("", time).ReadAfter(_expected.Revision - 1);
        return await ReplayAsync(_replay, into);
    }

    private async ValueTask<ResumptionStep> ReplayAsync(HistoryReplay.Reader replay, List<Delta> into)
    {
        var wasOpen = !_expected.IsNone;
        if (Read(replay, into, out var step))
        {
            if (wasOpen && _expected.IsNone && labels.Length > 0 && step != ResumptionStep.Reset)
            {
                // Proven. The rest is read as the server selects it.
                await replay.DisposeAsync();
                into.Clear();
                (Cursor, LastChange) = (null, ChangeMark.None);
                _replay = feed.History(labels, time).ReadAfter(resume.Change.Revision);
                return Read(_replay, into, out step) ? step : Reset(Unproven);
            }

            return step;
        }

        // The API server no longer has it: does the cache prove that the cursor belongs to this history?
        if (!_isByRevision && !_expected.IsNone && IsProvenByStore())
        {
            await replay.DisposeAsync();
            (_isByRevision, _expected) = (true, ChangeMark.None);
            if (
                informer.Log.FirstRevision is var first
                && !resume.Revision.IsOlderThan(first)
                && informer.Log.OpenAfter(first) is { } cursor
            )
            {
                (Cursor, PickUp) = (cursor, StreamPickUp.Log);
                return ResumptionStep.Joined;
            }

            _replay = feed.History(labels, time).ReadAfter(resume.Revision.Number);
            return Read(_replay, into, out step) ? step : Reset(Unproven);
        }

        return Reset(Unproven);
    }

    /// <summary>
    /// Why a cursor cannot be resumed that nothing proves: where the cluster was restored since, and had given its
    /// revision out before, that is the reason.
    /// </summary>
    private ResetReason Unproven => informer.Log.MayBeLost(resume.Revision) ? ResetReason.Restored : ResetReason.Expired;

    /// <summary>
    /// The object that changed last is still cached in that version, and nothing has changed between that and the
    /// client's last change.
    /// </summary>
    private bool IsProvenByStore()
    {
        var log = informer.Log;
        var upTo = log.FirstRevision.IsOlderThan(resume.Revision) ? log.FirstRevision.Number : resume.Revision.Number;
        return log.Holds(resume.Change) && !log.HoldsBetween(resume.Change.Revision, upTo);
    }

    /// <summary>Reads the available history; false if it is gone.</summary>
    private bool Read(HistoryReplay.Reader replay, List<Delta> into, out ResumptionStep step)
    {
        var change = replay.NextChange;
        step = ResumptionStep.Waiting;
        if (!replay.Read(into))
        {
            return false;
        }

        if (!_expected.IsNone && (into.Count > 0 || replay.Reached >= _expected.Revision))
        {
            if (into.Count == 0 || into[0].Change != _expected)
            {
                into.Clear();
                step = Reset(ResetReason.Restored);
                return true;
            }

            into.RemoveAt(0);
            _expected = ChangeMark.None;
        }

        LastChange = into.Count > 0 ? into[^1].Change : LastChange;
        if (
            informer.Log.FirstRevision is { IsNumber: true } first
            && replay.Reached >= first.Number
            && informer.Log.OpenAfter(ResourceVersion.FromNumber(replay.Reached)) is { } cursor
        )
        {
            Cursor = cursor;
            step = ResumptionStep.Joined;
            return true;
        }

        NextChange = change;
        step = into.Count > 0 ? ResumptionStep.Replaying : ResumptionStep.Waiting;
        return true;
    }

    private ResumptionStep Reset(ResetReason reason)
    {
        (ResetReason, PickUp) = (reason, StreamPickUp.Reset);
        return ResumptionStep.Reset;
    }
}
