using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>Bodies as text, so that tests read like the RFC.</summary>
internal static class Bodies
{
    public const string BaseUrl = "https://example.com/scim/v2/abc";

    public static byte[] Utf8(string json) => Encoding.UTF8.GetBytes(json);

    public static User User(string json) => UserJson.Read(Utf8(json));

    public static JsonNode Json(User user, Projection? projection = null, IReadOnlyList<GroupReference>? groups = null) =>
        Write(writer => UserJson.Write(writer, user, BaseUrl, groups, projection));

    public static JsonNode Json(Group group, IEnumerable<Member>? members = null, Projection? projection = null) =>
        Write(writer => GroupJson.Write(writer, group, members, BaseUrl, projection));

    public static List<UserPatchOperation> Operations(string operations) => UserPatch.Read(Utf8(
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}"""));

    public static User Patch(User user, string operations) => UserPatch.Apply(user, Operations(operations));

    public static async Task<List<GroupPatchOperation>> GroupOperations(string operations, int batchSize = 5000)
    {
        using var body = await GroupPatchBody.ReadAsync(Pipe(
            $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}"""));
        return [.. body.Operations(batchSize)];
    }

    public static PipeReader Pipe(string json) => PipeReader.Create(new ReadOnlySequence<byte>(Utf8(json)));

    public static ScimException Refused(Action action, string scimType)
    {
        var error = Assert.Throws<ScimException>(action);
        Assert.Equal(scimType, error.ScimType);
        return error;
    }

    public static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nactual   {actual?.ToJsonString()}");

    private static JsonNode Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            write(writer);
        }

        return JsonNode.Parse(buffer.WrittenSpan)!;
    }
}
