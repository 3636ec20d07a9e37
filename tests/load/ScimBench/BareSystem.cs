using DirectorySync.Local;

namespace DirectorySync.Load.ScimBench;

/// <summary>Limit A as processes of their own: a gateway and two services without stores.</summary>
internal sealed class BareSystem : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("directory-sync-bare").FullName;
    private readonly List<ChildProcess> processes = [];
    private readonly string url;

    private BareSystem(string url) => this.url = url;

    public static async Task<BareSystem> StartAsync()
    {
        var (gateway, identity, groups) = (Ports.Free(), Ports.Free(), Ports.Free());
        var system = new BareSystem($"http://localhost:{gateway}");
        system.Start("identity", "bare-service", identity);
        system.Start("groups", "bare-service", groups);
        system.Start("gateway", "bare-gateway", gateway, identity, groups);
        using var http = new HttpClient();
        await Kit.Eventually.True(async () =>
        {
            try
            {
                return (await http.GetAsync($"{system.url}/get/1")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, what: "the bare gateway answers");
        return system;
    }

    /// <summary>Where the hops of an operation end with that many bytes: get, filter or list.</summary>
    public string Url(string operation, int bytes) => FormattableString.Invariant($"{url}/{operation}/{bytes}");

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.StopAsync();
            process.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private void Start(string name, params object[] arguments) => processes.Add(ChildProcess.Start(
        name,
        "dotnet",
        [typeof(BareSystem).Assembly.Location, .. arguments.Select(argument => $"{argument}")],
        Path.Combine(folder, name + ".log"),
        folder: folder));
}
