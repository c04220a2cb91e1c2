// A web page whose list of pods is live, without a refresh: one informer, and a cursor of its own for each browser.
using LiveList;
using Vigia.Informers;
using Vigia.Kubernetes;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, LiveJson.Default));

// The factory is made, started and disposed of with the application.
builder.Services.AddSingleton(services => SharedInformerFactory.FromKubeconfig(loggers: services.GetRequiredService<ILoggerFactory>()));
builder.Services.AddSingleton(services => services.GetRequiredService<SharedInformerFactory>().ForResource(KnownResources.Pods));
var app = builder.Build();

app.MapGet("/", () => Results.Content(Page.Html, "text/html; charset=utf-8"));
app.MapGet("/pods", (SharedInformer pods) => pods.Store.List().Select(PodRow.Of).OrderBy(row => row.Key, StringComparer.Ordinal).ToArray());
app.MapGet(
    "/pods/live",
    (SharedInformer pods, HttpContext http) =>
        TypedResults.ServerSentEvents(LiveStream.Of(pods, http.RequestAborted, app.Lifetime.ApplicationStopping))
);

app.Services.GetRequiredService<SharedInformer>().Start();
await app.RunAsync();
