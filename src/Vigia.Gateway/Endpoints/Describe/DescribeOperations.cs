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
                "What kubectl's describe tells, with the object's events (those that the API server has forgotten too), what is related "
                + "to it with its health, the root reason in a line, and how fresh it is. "
                + "Text, or JSON with Accept: application/json or output=json. What the caller may not see is left out, and the right "
                + "that is missing is told. Of Secrets there is only metadata.",
            Parameters = _ =>
                [ApiParameter.Query("output", Schema.OneOf(["text", "json"]), "The form. Default: text, or what Accept asks for.")],
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
