using System.Text.RegularExpressions;

namespace DirectorySync.Structure.Tests;

public sealed partial class ReadmeTests
{
    private static readonly string[] Readmes =
        ["README.md", "CONTRIBUTING.md", .. new[] { "services", "gateway", "protos", "tests", "deploy-k8s" }.Select(folder => folder + "/README.md")];

    [Fact]
    public void Every_link_leads_somewhere()
    {
        foreach (var readme in Readmes)
        {
            foreach (Match link in Link().Matches(Tree.Read(readme)))
            {
                var target = Path.Combine(Tree.Root, Path.GetDirectoryName(readme)!, link.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{readme}: {link.Groups[1].Value} does not exist.");
            }
        }
    }

    [Fact]
    public void Every_make_target_exists()
    {
        var makefile = Tree.Read("Makefile");
        foreach (var readme in Readmes)
        {
            foreach (Match target in MakeTarget().Matches(Tree.Read(readme)))
            {
                Assert.Matches($@"(?m)^{Regex.Escape(target.Groups[1].Value)}:", makefile);
            }
        }
    }

    [Fact]
    public void Every_folder_named_in_a_table_exists()
    {
        foreach (var readme in Readmes.Where(readme => readme is not "CONTRIBUTING.md"))
        {
            foreach (Match row in FolderRow().Matches(Tree.Read(readme)))
            {
                var folder = Path.Combine(Tree.Root, Path.GetDirectoryName(readme)!, row.Groups[1].Value);
                Assert.True(Directory.Exists(folder), $"{readme}: there is no folder {row.Groups[1].Value}.");
            }
        }
    }

    [Fact]
    public void The_internal_service_of_the_readme_is_the_one_that_is_run() => Assert.Contains(
        $"```csharp\n{Tree.Read("tests/internal-service/Program.cs")}```", Tree.Read("protos/README.md"), StringComparison.Ordinal);

    [Fact]
    public void Every_policy_is_documented()
    {
        var readme = Tree.Read("gateway/README.md");

        Assert.All(
            Identity.V1.DirectoryPolicies.Descriptor.Fields.InDeclarationOrder(),
            policy => Assert.Contains($"`{policy.Name}`", readme, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\((?!http)([^)#]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?:^|`|\s)make ([a-z][a-z-]+)(?=`|\s+#|$)", RegexOptions.Multiline)]
    private static partial Regex MakeTarget();

    // A table whose head says "folder": its first column, up to the empty line.
    [GeneratedRegex(@"(?<=\| folder \|[^\n]*\n\|---[^\n]*\n(?:\|[^\n]*\n)*)\| \[?`?([\w-]+)`?\]?(?:\([^)]*\))? \|")]
    private static partial Regex FolderRow();
}
