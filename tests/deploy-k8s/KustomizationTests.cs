using System.Text.Json.Nodes;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>The reader itself: what it does not understand it does not pass over.</summary>
public sealed class KustomizationTests
{
    [Fact]
    public void A_field_that_is_not_understood_is_an_error()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("kustomization").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "kustomization.yaml"), "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: a-\n");

            Assert.Contains("namePrefix", Assert.Throws<InvalidOperationException>(() => Kustomization.Build(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/a/-","value":3}]""", """{"a":[1,2,3],"b~c/d":1}""")]
    [InlineData("""[{"op":"add","path":"/a/0","value":0}]""", """{"a":[0,1,2],"b~c/d":1}""")]
    [InlineData("""[{"op":"replace","path":"/b~0c~1d","value":{"e":1}}]""", """{"a":[1,2],"b~c/d":{"e":1}}""")]
    [InlineData("""[{"op":"test","path":"/a/1","value":2},{"op":"remove","path":"/a/1"}]""", """{"a":[1],"b~c/d":1}""")]
    public void A_patch_changes_what_it_names(string patch, string expected)
    {
        var document = Document();

        Kustomization.Patch(document, JsonNode.Parse(patch)!.AsArray());

        Assert.Equal(expected, document.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"replace","path":"/none","value":3}]""")]
    [InlineData("""[{"op":"remove","path":"/a/7"}]""")]
    [InlineData("""[{"op":"test","path":"/a/0","value":2}]""")]
    [InlineData("""[{"op":"add","path":"/none/none","value":3}]""")]
    [InlineData("""[{"op":"move","path":"/a","value":3}]""")]
    public void A_patch_of_what_is_not_there_is_an_error(string patch) =>
        Assert.ThrowsAny<Exception>(() => Kustomization.Patch(Document(), JsonNode.Parse(patch)!.AsArray()));

    [Fact]
    public void A_truth_that_readers_disagree_on_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => Yaml.ReadNode("a: no"));

    private static JsonObject Document() => JsonNode.Parse("""{"a":[1,2],"b~c/d":1}""")!.AsObject();
}
