using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Describe;

/// <summary>The description of the document's route.</summary>
internal static class DescribeOperations
{
    /// <summary>An object as one document.</summary>
    public static ApiOperation Describe { get; } =
        new("describeObject", ResourceOperations.Tag, "Describe an object")
        {
            Description =
                "The fields of kubectl describe, the object's events (including those that the API server has "
                + "already dropped), related objects with their health, the root reason in one line, and the "
                + "freshness. Text, or JSON with Accept: application/json or output=json. Parts that the caller may "
                + "not see are left out, and the missing right is named. For Secrets only metadata.",
            Parameters = _ =>
                [ApiParameter.Query("output", Schema.OneOf(["text", "json"]), "The format. Default: text, or according to Accept.")],
            Answers =
            [
                new(200, "The document.")
                {
                    Content =
                    [
                        ("application/json", (_, _) => ApiAnswer.Media(Schema.Ref("Description"))),
                        ("text/plain", (_, _) => ApiAnswer.Media(Schema.Text("In kubectl's manner."))),
                    ],
                },
            ],
            Faults = [404],
        };
}
