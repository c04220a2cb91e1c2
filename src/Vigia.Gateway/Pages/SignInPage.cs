using System.Text;
using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Pages;

/// <summary>
/// The page for a browser that has not authenticated: a field for a token. The token stays in the tab and is sent in
/// headers only.
/// </summary>
internal static class SignInPage
{
    private static readonly byte[] Html = Encoding.UTF8.GetBytes(
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Vigia: sign in</title><meta name="viewport" content="width=device-width">
        <style>
        body{font:15px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}
        input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
        button{margin-top:.7rem;padding:.4rem 1.2rem;font:inherit}
        #error{color:#c33;min-height:1.5em}
        code{font-size:.9em}
        </style></head>
        <body><h1>Sign in</h1><p>This page shows the resources that your RBAC roles allow. Sign in with a bearer token, for
        example from <code>kubectl create token NAME -n NAMESPACE</code>.</p>
        <form><input id="token" type="password" autocomplete="off" placeholder="Token" autofocus aria-label="Token"><button>Sign in</button>
        <p id="error" role="alert"></p></form>
        <script>
        const enter = async token => {
          const headers = { Authorization: `Bearer ${token}`, Accept: 'text/html, application/problem+json' };
          const answer = await fetch(location.pathname + location.search, { headers });
          if (answer.status === 401) return 'The token is not accepted.';
          if (!answer.ok) return (await answer.json().catch(() => ({}))).detail || `The gateway answered ${answer.status}.`;
          sessionStorage.setItem('vigia-token', token);
          const page = await answer.text();
          document.open(); document.write(page); document.close();
        };
        const known = sessionStorage.getItem('vigia-token');
        if (known) enter(known).then(refused => { if (refused) sessionStorage.removeItem('vigia-token'); });
        document.querySelector('form').addEventListener('submit', async event => {
          event.preventDefault();
          const token = document.getElementById('token').value.trim();
          document.getElementById('error').textContent = await enter(token).catch(() => 'The gateway is unreachable.') || '';
        });
        </script></body></html>
        """
    );

    // The main page replaces this one in the same document and keeps its policy.
    private static readonly Lazy<string> Policy = new(() => PagePolicy.Of(Html, IndexPage.Content));

    /// <summary>True if a browser requests the page itself.</summary>
    public static bool IsMeant(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Path == "/"
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
        && request.Headers.Authorization.Count == 0;

    public static async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = 401;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy = Policy.Value;
        await context.Response.Body.WriteAsync(Html, context.RequestAborted);
    }
}
