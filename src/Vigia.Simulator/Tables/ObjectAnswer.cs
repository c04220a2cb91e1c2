using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Tables;

/// <summary>Answers with one object.</summary>
internal static class ObjectAnswer
{
    /// <summary>One object in the requested form.</summary>
    public static async Task WriteAsync(ApiRequest request, StoredObject item, TableMaker tables, int code = 200)
    {
        switch (request.Form.Form)
        {
            case AnswerForm.Table:
                var table = new MemoryStream();
                TableMaker.Begin(table, request, item.Revision, null, null);
                tables.Row(table, request, item, first: true);
                TableMaker.End(table);
                await Answers.BytesAsync(request.Http, table.GetBuffer().AsMemory(0, (int)table.Length), code);
                break;
            case AnswerForm.Metadata:
                await Answers.BytesAsync(request.Http, PartialMetadata.Of(item, request.Form.Version), code);
                break;
            default:
                await Answers.BytesAsync(request.Http, request.Encode(item), code);
                break;
        }
    }
}
