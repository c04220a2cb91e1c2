namespace LiveList;

/// <summary>The page: a table that listens.</summary>
internal static class Page
{
    public const string Html = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Pods, live</title>
        <style>body{font:14px system-ui;margin:2em} td,th{text-align:left;padding:.2em 1.5em .2em 0} #state.stale{color:#b00}</style>
        <h1>Pods <small id="count"></small></h1>
        <p id="state">connecting…</p>
        <table><thead><tr><th>Pod<th>Phase<th>Node</thead><tbody id="rows"></tbody></table>
        <script>
          const rows = new Map(), body = document.getElementById('rows'), state = document.getElementById('state');
          function row(r) {
            const old = rows.get(r.key), tr = document.createElement('tr');
            for (const text of [r.key, r.phase, r.node]) tr.insertCell().textContent = text ?? '';
            rows.set(r.key, tr);
            if (old) old.replaceWith(tr);
            else body.insertBefore(tr, [...body.rows].find(one => one.cells[0].textContent > r.key) ?? null);
          }
          function take(update) {
            for (const key of update.removed) { rows.get(key)?.remove(); rows.delete(key); }
            update.put.forEach(row);
            document.getElementById('count').textContent = rows.size;
            state.className = update.freshness.isLive ? '' : 'stale';
            state.textContent = update.freshness.isLive ? 'live' : `not live since ${update.freshness.since}: ${update.freshness.reason}`;
          }
          const source = new EventSource('/pods/live');
          source.addEventListener('reset', e => { rows.clear(); body.replaceChildren(); take(JSON.parse(e.data)); });
          source.addEventListener('change', e => take(JSON.parse(e.data)));
          source.onerror = () => { state.className = 'stale'; state.textContent = 'connection lost; trying again'; };
        </script>
        </html>
        """;
}
