using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.App;

/// <summary>Gathers what the meaning of a key depends on beside the state. For the thread that draws.</summary>
internal sealed class KeyContext(AppSession session, ViewContents contents, KnownNames names)
{
    private static readonly ITableRows NoRows = new EmptyRows();

    private ReducerContext? _context;

    public ReducerContext Current()
    {
        var content = contents.Current();
        var rows = content.Table ?? NoRows;
        var document = content.Text?.Document ?? TextDocument.Empty;
        names.Refresh();
        if (
            _context is null
            || !ReferenceEquals(_context.Rows, rows)
            || !ReferenceEquals(_context.Document, document)
            || !ReferenceEquals(_context.Names, names.Resources)
            || !ReferenceEquals(_context.Namespaces, names.Namespaces)
        )
        {
            var options = session.Options;
            _context = new ReducerContext(
                rows,
                document,
                options.Catalog,
                names.Resources,
                names.Namespaces,
                options.AllContexts,
                session.Time.GetUtcNow()
            )
            {
                Keys = options.Keys,
                Aliases = options.Aliases,
            };
        }

        return _context = _context with { Now = session.Time.GetUtcNow(), KnowsNamespaces = names.KnowsNamespaces };
    }

    private sealed class EmptyRows : ITableRows
    {
        public int Count => 0;

        public TableRow this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public int Total => 0;

        public int Faults => 0;

        public bool IsCaughtUp => true;

        public int IndexOf(RowKey key) => -1;

        public int WidthOf(int column) => 0;
    }
}
