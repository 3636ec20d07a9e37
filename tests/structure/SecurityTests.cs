using System.Text.Json;
using System.Text.RegularExpressions;

namespace DirectorySync.Structure.Tests;

/// <summary>SECURITY.md promises nothing that no test shows.</summary>
public sealed partial class SecurityTests
{
    private static readonly string[] Threats =
    [
        "Token theft", "Token guessing", "Tenant crossing", "Injection", "JSON bombs", "Regular expressions", "Deep nesting", "SSRF by webhook",
        "Replayed webhooks", "Stolen internal certificate", "Log injection", "Mass assignment", "CSV formula injection", "Enumeration by timing",
    ];

    [Fact]
    public void Every_threat_has_a_row_and_every_row_a_test_that_exists()
    {
        var tests = string.Concat(Tree.Files("tests", "*.cs").Select(Tree.Read));
        var makefile = Tree.Read("Makefile");
        var rows = Tree.Read("SECURITY.md").Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();

        Assert.Empty(Threats.Except(rows.Select(row => row[1])));
        foreach (var row in rows)
        {
            Assert.Equal(6, row.Length);
            Assert.All(row[1..5], cell => Assert.NotEmpty(cell));
            var named = Name().Matches(row[4]).Select(match => match.Groups[1].Value).ToList();
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.True(
                name.StartsWith("make ", StringComparison.Ordinal)
                    ? makefile.Contains($"\n{name[5..]}: ", StringComparison.Ordinal)
                    : Regex.IsMatch(tests, $@"public (async Task|Task|void) {name}\("),
                $"{row[1]}: there is no test {name}."));
        }
    }

    [Fact]
    public void Every_dependency_is_locked_and_audited()
    {
        var properties = Tree.Read("Directory.Build.props");
        Assert.Contains("<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>", properties, StringComparison.Ordinal);
        Assert.Contains("<NuGetAuditMode>all</NuGetAuditMode>", properties, StringComparison.Ordinal);
        Assert.Contains("RestoreLockedMode=true", Tree.Read("Makefile"), StringComparison.Ordinal);
        foreach (var project in Tree.Files(".", "*.csproj"))
        {
            var file = Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json");
            Assert.True(File.Exists(Path.Combine(Tree.Root, file)), $"{file} is missing: dotnet restore --force-evaluate writes it.");
            using var locked = JsonDocument.Parse(Tree.Read(file));
            foreach (var package in locked.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
                .Where(package => package.Value.GetProperty("type").GetString() != "Project"))
            {
                Assert.True(package.Value.TryGetProperty("contentHash", out var hash) && hash.GetString()!.Length > 0, $"{file}: {package.Name}");
            }
        }
    }

    [Fact]
    public void No_regular_expression_backtracks_without_bound()
    {
        // A repetition of what itself repeats is where time explodes. None is made of text that a caller gives.
        foreach (var file in Tree.Files("services", "*.cs").Where(file => !file.StartsWith("services/local", StringComparison.Ordinal)).Concat(Tree.Files("gateway", "*.cs")))
        {
            var source = Tree.Read(file);
            Assert.DoesNotMatch(@"new Regex\(|Regex\.(IsMatch|Match|Matches|Replace|Split)\(", source);
            foreach (Match pattern in Generated().Matches(source))
            {
                Assert.False(Nested().IsMatch(pattern.Groups[1].Value) && !pattern.Value.Contains("NonBacktracking", StringComparison.Ordinal), $"{file}: {pattern.Value}");
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"GeneratedRegex\(\s*@?""((?:[^""]|"""")*)""[^\]]*\]")]
    private static partial Regex Generated();

    [GeneratedRegex(@"\([^()]*[+*][^()]*\)[+*]")]
    private static partial Regex Nested();
}
