using Vigia.Gateway.Auditing;

namespace Vigia.Gateway.Configuration;

/// <summary><c>auditLog</c>: who did what.</summary>
internal static class AuditSection
{
    public static AuditLogOptions? Read(SectionReader section)
    {
        var absent = new AuditLogOptions { Path = "-" };
        var file = section.File(
            "file",
            "Where each request is written as a line of JSON: who, from where, what, allowed or not, how much was sent. - for standard "
                + "output; none without it."
        );
        var options = absent with
        {
            Path = file is null || Path.GetFileName(file) == "-" ? "-" : file,
            MaxBytes = section.Number(
                "maxBytes",
                absent.MaxBytes,
                0,
                1L << 40,
                "From this size on the file is renamed to FILE.1 and another begun; 0 for never."
            ),
            Keep = section.Count("keep", absent.Keep, 0, 1000, "How many renamed files are kept."),
            Queue = section.Count(
                "queue",
                absent.Queue,
                1,
                10_000_000,
                "Lines that wait for the disk; further ones are dropped and counted."
            ),
        };
        section.Finish();
        return file is null ? null : options;
    }
}
