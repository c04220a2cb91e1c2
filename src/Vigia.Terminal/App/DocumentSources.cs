using Vigia.Terminal.Actions;
using Vigia.Terminal.Documents;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.App;

/// <summary>Opens the source of a text: of an object, or of the program itself.</summary>
internal sealed class DocumentSources(AppSession session, ClusterLinks links, ActionLog actions, PortForwards forwards)
{
    public IDocumentSource Open(TextState text)
    {
        var options = session.Options;
        switch (text.Kind)
        {
            case TextKind.Help:
                var help = HelpText.Write(options.Keys, options.IsReadOnly);
                return new StaticDocument(() => help);
            case TextKind.Aliases:
                return new StaticDocument(() =>
                    ListTexts.Resources(options.Catalog, links.All.Count > 0 ? links.All[0].Session.Discovery : null)
                );
            case TextKind.Forwards:
                return new StaticDocument(forwards.Write);
            case TextKind.Actions:
                return new StaticDocument(actions.Write);
            case TextKind.Action:
                var record = actions.Find(text.Number);
                return new StaticDocument(() => record?.Write() ?? TextDocument.Empty);
            case TextKind.Contexts:
                return new StaticDocument(() => ListTexts.Contexts(options.AllContexts, [.. links.All.Select(link => link.Status())]));
        }

        return text.Entry is { } entry && links.Find(text.Object.Cluster) is { } cluster
            ? ObjectTexts.Open(text, entry, cluster, session.DocumentChanged, session.Time)
            : new StaticDocument(() => new([TextLine.Of("its context is no longer on the screen", TextRole.Warning)]));
    }
}
