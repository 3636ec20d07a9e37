using System.Text.RegularExpressions;

namespace DirectorySync.Structure.Tests;

public sealed partial class ArchitectureTests
{
    private static readonly string[] Contexts = ["identity", "group-membership", "attribute-mapping", "roles", "events"];

    [Fact]
    public void The_top_level_is_fixed()
    {
        string[] allowed =
        [
            "services", "protos", "gateway", "tests", "deploy-k8s", "Microservices.sln", "README.md", "Makefile",
            ".ci", ".editorconfig", ".gitignore", ".gitattributes", "global.json", "Directory.Build.props", "Directory.Packages.props",
            "LICENSE", "CONTRIBUTING.md", "SECURITY.md", ".git", ".run", ".vs", ".idea",
        ];

        var found = Directory.EnumerateFileSystemEntries(Tree.Root).Select(entry => Path.GetFileName(entry)!);

        Assert.Empty(found.Except(allowed));
    }

    [Theory]
    [InlineData("protos", 60)]
    [InlineData("services", 60)]
    // All that callers of four kinds can ask, and the console.
    [InlineData("gateway", 80)]
    [InlineData("tests", 60)]
    // The operator's manual.
    [InlineData("deploy-k8s", 150)]
    public void Each_top_level_folder_has_a_short_readme(string folder, int most) =>
        Assert.InRange(Tree.Read(Path.Combine(folder, "README.md")).Split('\n').Length, 5, most);

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Tree.Read("Microservices.sln").Replace('\\', '/');

        var missing = Tree.Files(".", "*.csproj").Select(file => file.Replace("./", "", StringComparison.Ordinal))
            .Where(file => !solution.Contains(file, StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void A_service_refers_to_no_other_service()
    {
        foreach (var context in Contexts)
        {
            var project = Tree.Read(Tree.Files($"services/{context}", "*.csproj").Single());

            Assert.All(
                ProjectReference().Matches(project).Select(match => match.Groups[1].Value),
                reference => Assert.Contains(reference, new[] { "../chassis/Chassis.csproj", "../directory-api/DirectoryApi.csproj", "../scim/Scim.csproj" }));
        }
    }

    [Fact]
    public void Scim_rules_know_no_store_no_web_server_and_no_channel()
    {
        var project = Tree.Read("services/scim/Scim.csproj");

        Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("FrameworkReference", project, StringComparison.Ordinal);
        Assert.All(
            Tree.Files("services/scim", "*.cs"),
            file => Assert.DoesNotMatch(@"using (Npgsql|Grpc|StackExchange|Microsoft\.AspNetCore)", Tree.Read(file)));
    }

    [Fact]
    public void Drawers_are_not_names()
    {
        var drawers = Tree.Files("services", "*.cs").Concat(Tree.Files("gateway", "*.cs"))
            .Where(file => Drawer().IsMatch(file));

        Assert.Empty(drawers);
    }

    [Fact]
    public void A_source_file_is_split_before_it_has_401_lines()
    {
        var long_files = new[] { "services", "gateway", "tests" }.SelectMany(folder => Tree.Files(folder, "*.cs"))
            .Where(file => Tree.Read(file).Count(c => c == '\n') > 400);

        Assert.Empty(long_files);
    }

    [Fact]
    public void A_statement_is_never_built_from_text()
    {
        // SqlText makes parameters of holes; a command of Npgsql's own would make text of them, so it may only take a constant.
        // Names of databases and roles cannot be parameters: services/local, which makes them, chooses them from a list.
        var commands = new[] { "services", "gateway" }
            .SelectMany(folder => Tree.Files(folder, "*.cs"))
            .Where(file => !file.StartsWith("services/local/", StringComparison.Ordinal))
            .Where(file => Regex.IsMatch(Tree.Read(file), @"(Npgsql(Batch)?Command\(|CreateCommand\(|CommandText\s*=|FromParts\(\s*\[?)\s*\$"));

        Assert.Empty(commands);
    }

    [Fact]
    public void Nothing_is_left_to_do() =>
        Assert.All(
            new[] { "services", "gateway", "protos", "tests" }.SelectMany(folder =>
                Tree.Files(folder, "*.cs").Concat(Tree.Files(folder, "*.proto")).Concat(Tree.Files(folder, "*.sql"))),
            file => Assert.DoesNotMatch(@"(?i)\b(todo|fixme|hack)\b:?\s", Tree.Read(file).Replace("(?i)", "", StringComparison.Ordinal)));

    [Fact]
    public void A_table_of_a_directory_starts_its_primary_key_with_the_directory()
    {
        string[] deployment =
        [
            "organizations", "organization_domains", "directories", "directory_endpoints", "api_keys", "portal_links", "changes", "feed", "feed_consumers",
            "feed_positions", "roles", "role_guards", "definitions", "definition_versions", "cache_distrusts",
            "audit_log", "data_protection_keys", "event_log", "webhook_endpoints", "reconciliation_schedule", "invitation_pace", "invitation_templates",
        ];

        foreach (var file in Tree.Files("services", "*.sql"))
        {
            foreach (Match table in CreateTable().Matches(Tree.Read(file)))
            {
                if (deployment.Contains(table.Groups[1].Value))
                {
                    continue;
                }

                Assert.True(
                    Regex.IsMatch(table.Groups[2].Value, @"primary key \(directory_id\b|directory_id text collate ""C""[^,]*primary key"),
                    $"{file}: {table.Groups[1].Value} has no primary key that starts with directory_id.");
            }
        }
    }

    [GeneratedRegex("ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"(^|/)(Interfaces|Extensions|Helpers|Utilities|Common|Core)/|(Helper|Util|Utils|Manager|Factory|Misc)\.cs$")]
    private static partial Regex Drawer();

    [GeneratedRegex(@"create (?:unlogged )?table (\w+) \((.*?)\n\)", RegexOptions.Singleline)]
    private static partial Regex CreateTable();
}
