using Vigia.Gateway.Auditing;

namespace Vigia.Gateway.Configuration;

/// <summary><c>auditLog</c>: the audit log of requests.</summary>
internal static class AuditSection
{
    public static AuditLogOptions? Read(SectionReader section)
    {
        var absent = new AuditLogOptions { Path = "-" };
        var file = section.File(
            "file",
            "The file for one JSON line per request: caller, address, request, decision, bytes sent. - for standard output. Default: none."
        );
        var options = absent with
        {
            Path = file is null || Path.GetFileName(file) == "-" ? "-" : file,
            MaxBytes = section.Number(
                "maxBytes",
                absent.MaxBytes,
                0,
                1L << 40,
                "At this size the file is renamed to FILE.1 and a new one starts; 0 for never."
            ),
            Keep = section.Count("keep", absent.Keep, 0, 1000, "How many renamed files are kept."),
            Queue = section.Count(
                "queue",
                absent.Queue,
                1,
                10_000_000,
                "Lines that wait for the disk. Further lines are dropped and counted."
            ),
        };
        section.Finish();
        return file is null ? null : options;
    }
}
