using System.Text.Json;
using Vigia.Gateway.Auditing;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Hosting;

/// <summary>The certificate and the audit log in <c>GET /api/v1/status</c>.</summary>
internal static class OperationReport
{
    public static void Write(Utf8JsonWriter json, ServerCertificate? certificate, AuditLog? audit)
    {
        if (certificate is not null)
        {
            json.WriteStartObject("tls"u8);
            json.WriteString("subject"u8, certificate.Subject);
            json.WriteString("notAfter"u8, JsonTime.Text(certificate.NotAfter));
            json.WriteNumber("reloads"u8, certificate.Reloads);
            if (certificate.Problem is { } problem)
            {
                json.WriteString("problem"u8, problem);
            }

            json.WriteEndObject();
        }

        if (audit is not null)
        {
            json.WriteStartObject("auditLog"u8);
            json.WriteNumber("dropped"u8, audit.Dropped);
            json.WriteEndObject();
        }
    }
}
