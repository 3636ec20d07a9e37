using System.Text.RegularExpressions;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>There is an image of each process, which starts that process as the user whom the manifests name.</summary>
public sealed class ImageTests
{
    private static readonly string File = System.IO.File.ReadAllText(Path.Combine(Overlay.Folder, "images", "Containerfile"));

    public static TheoryData<string> Overlays => Overlay.All;

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_process_has_an_image_that_starts_it_as_the_manifests_user(string name)
    {
        var user = Regex.Match(File, @"^USER (\d+):(\d+)$", RegexOptions.Multiline);
        foreach (var (process, workload) in Overlay.Of(name).Processes)
        {
            var assembly = process == "gateway" ? "Gateway" : Service.Get(process).Assembly;
            Assert.Contains($"""
                FROM process AS {process}
                COPY --from=build /published/{process} .
                ENTRYPOINT ["dotnet", "{assembly}.dll"]
                """, File, StringComparison.Ordinal);
            Assert.Contains(process == "gateway" ? " gateway " : $" services/{process}", File, StringComparison.Ordinal);
            var security = workload["spec"]!["template"]!["spec"]!["securityContext"]!;
            Assert.Equal($"{security["runAsUser"]}:{security["runAsGroup"]}", $"{user.Groups[1]}:{user.Groups[2]}");
        }
    }
}
