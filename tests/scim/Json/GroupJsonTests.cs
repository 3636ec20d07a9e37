using System.IO.Pipelines;
using System.Text;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>Bodies of groups in both directions: okta-wire §10.</summary>
public sealed class GroupJsonTests
{
    [Fact]
    public async Task Okta_creates_an_empty_group() // okta-wire §10, POST
    {
        using var body = await GroupBody.ReadAsync(Bodies.Pipe(
            """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Test SCIMv2","members":[]}"""));
        Assert.Equal(new Group { DisplayName = "Test SCIMv2" }, body.Group);
        Assert.Empty(body.Members());
    }

    [Fact]
    public async Task Members_may_come_first_and_without_type() // okta-wire §10: "display": null, SCIM-SDK #419
    {
        using var body = await GroupBody.ReadAsync(Bodies.Pipe("""
            {"members":[{"value":"u1","display":null},{"VALUE":"u2","display":"steve@x","extra":{"a":[1]}},{"value":"g1","type":"group"},"u3",null],
             "id":"ignored","displayName":"G","externalId":5,"colour":"red"}
            """));
        Assert.Equal(("G", "5", "colour"), (body.Group.DisplayName, body.Group.ExternalId, body.Group.RawAttributes[0].Name));
        Assert.Equal(
            [
                new Member { Value = "u1" }, new Member { Value = "u2", Display = "steve@x" },
                new Member { Value = "g1", Type = MemberType.Group }, new Member { Value = "u3" },
            ],
            body.Members().SelectMany(m => m));
        Assert.Empty(body.Group.Id);
    }

    [Theory]
    [InlineData("null", 0)]
    [InlineData("[]", 0)]
    [InlineData("""{"value":"u1"}""", 1)]
    [InlineData("\"u1\"", 1)]
    public async Task Members_may_be_missing_or_single(string members, int count)
    {
        using var body = await GroupBody.ReadAsync(Bodies.Pipe($$"""{"displayName":"G","members":{{members}}}"""));
        Assert.Equal(count, body.Members().Sum(m => m.Count));
    }

    [Theory]
    [InlineData("""{"members":[{"display":"x"}]}""", "invalidValue")]
    [InlineData("""{"members":[7]}""", "invalidValue")]
    [InlineData("""{"members":[{"value":"a\u0000"}]}""", "invalidValue")]
    [InlineData("""{"displayName":{}, "members":[{"value":"a"},]}""", "invalidSyntax")]
    [InlineData("""{"members":[{"value":"a"}""", "invalidSyntax")]
    [InlineData("""{"members":[{"\ude42value":"a"}]}""", "invalidSyntax")]
    [InlineData("[]", "invalidSyntax")]
    [InlineData("", "invalidSyntax")]
    public async Task What_is_no_group_is_refused(string json, string scimType)
    {
        var error = await Assert.ThrowsAsync<ScimException>(async () =>
        {
            using var body = await GroupBody.ReadAsync(Bodies.Pipe(json));
            _ = body.Members().Sum(m => m.Count);
        });
        Assert.Equal(scimType, error.ScimType);
    }

    [Theory]
    [InlineData("""{"displayName":"a","displayName":"b"}""")]
    [InlineData("""{"members":[{"value":"a"}],"members":[]}""")]
    [InlineData("""{"members":[{"value":"a","value":"b"}]}""")]
    [InlineData("""{"x":{"y":1,"y":2}}""")]
    public async Task The_same_name_twice_is_refused(string json)
    {
        var error = await Assert.ThrowsAsync<ScimException>(async () =>
        {
            using var body = await GroupBody.ReadAsync(Bodies.Pipe(json));
            _ = body.Members().Sum(m => m.Count);
        });
        Assert.Equal("invalidSyntax", error.ScimType);
    }

    [Theory]
    [InlineData("""{"urn:ietf:params:scim:schemas:core:2.0:Group":{"displayName":"G","members":[{"value":"a"}]}}""")]
    [InlineData("""{"displayName":"G","URN:ietf:params:scim:schemas:core:2.0:Group":{"Members":[{"value":"a"}]}}""")]
    [InlineData("""{"displayName":"G","urn:ietf:params:scim:schemas:core:2.0:Group:members":[{"value":"a"}]}""")]
    public async Task Members_are_read_wherever_they_are_named(string json)
    {
        using var body = await GroupBody.ReadAsync(Bodies.Pipe(json));
        Assert.Equal("a", Assert.Single(body.Members().SelectMany(m => m)).Value);
        Assert.Equal(new Group { DisplayName = "G" }, body.Group);
    }

    [Fact]
    public async Task A_body_of_names_and_one_of_large_attributes_are_refused_before_they_take_memory()
    {
        string[] bodies =
        [
            $$"""{"displayName":"G"{{string.Concat(Enumerable.Range(0, 1001).Select(i => $",\"n{i}\":1"))}}}""",
            $$"""{"displayName":"G","x":[{{string.Join(',', Enumerable.Repeat("[]", 400_000))}}]}""",
        ];
        foreach (var json in bodies)
        {
            var error = await Assert.ThrowsAsync<ScimException>(() => GroupBody.ReadAsync(Bodies.Pipe(json)));
            Assert.Equal(Errors.V1.ErrorReason.LimitExceeded, error.Reason);
        }
    }

    [Fact]
    public async Task A_hundred_thousand_members_come_in_batches_however_the_body_is_cut()
    {
        var json = new StringBuilder("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"members\":[");
        for (var i = 0; i < 100_000; i++)
        {
            json.Append(i == 0 ? "" : ",").Append("{\"value\":\"id-").Append(i).Append("\",\"display\":\"").Append('ü', 40).Append("\"}");
        }

        var bytes = Encoding.UTF8.GetBytes(json.Append("],\"displayName\":\"All\"}").ToString());
        var pipe = new Pipe();
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length; at += 10_007)
            {
                await pipe.Writer.WriteAsync(bytes.AsMemory(at, Math.Min(10_007, bytes.Length - at)));
            }

            await pipe.Writer.CompleteAsync();
        });
        using var body = await GroupBody.ReadAsync(pipe.Reader);
        await sending;
        Assert.Equal("All", body.Group.DisplayName);
        var next = 0;
        foreach (var batch in body.Members(4000))
        {
            Assert.Equal(4000, batch.Count);
            Assert.All(batch, member => Assert.Equal($"id-{next++}", member.Value));
        }

        Assert.Equal(100_000, next);
    }

    [Fact]
    public void A_group_is_written_with_its_members()
    {
        var group = new Group { Id = "g", DisplayName = "Sales", Version = 3 };
        var json = Bodies.Json(group, [
            new Member { Value = "u1", Display = "A", Type = MemberType.User },
            new Member { Value = "g2", Type = MemberType.Group }]);
        Bodies.Same("""
            [{"value":"u1","$ref":"https://example.com/scim/v2/abc/Users/u1","display":"A","type":"User"},
             {"value":"g2","$ref":"https://example.com/scim/v2/abc/Groups/g2","type":"Group"}]
            """, json["members"]);
        Bodies.Same("\"Sales\"", json["displayName"]);
        Assert.Null(Bodies.Json(group, [], Projection.Of(ResourceType.Group, null, "members"))["members"]);
    }
}
