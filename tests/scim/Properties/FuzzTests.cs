using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace DirectorySync.Scim.Tests;

/// <summary>
/// Broken input of every kind is refused by a ScimException, never by anything else. SCIM_FUZZ_SECONDS makes the loop longer.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string[] Filters =
    [
        """userType eq "Employee" and not (emails[type eq "work" and value co "@example.com"] or urn:a:2.0:b:c.d ge -1.5e3)""",
        """emails[type eq "work"].value sw "\u00e4\n" """, "members[value eq\"2819c223\"].displayName", "name.familyName pr",
    ];

    private static readonly string[] Json =
    [
        """{"userName":"a","name":{"givenName":"b"},"emails":[{"value":"c","primary":"True"}],"roles":["x"],"t":[1,{"a":null}]}""",
        """{"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"},{"op":"add","value":{"name.givenName":"a"}}]}""",
        """{"Operations":[{"op":"add","path":"members","value":[{"value":"a","display":null}]},{"op":"remove","path":"members[value eq \"b\"]"}]}""",
        """{"displayName":"g","members":[{"value":"a","type":"User"},"b",null],"urn:x:1.0:Group":{"a":"\ud83d\ude42"}}""",
    ];

    private const string Characters = "\"[](){}.:,\\\0 \ud800ü-0e";

    [Fact]
    public async Task Nothing_but_a_ScimException_comes_out()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable("SCIM_FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var until = TimeProvider.System.GetTimestamp() + (seconds * TimeProvider.System.TimestampFrequency);
        while (TimeProvider.System.GetTimestamp() < until)
        {
            var text = Broken(random, Filters);
            var json = Encoding.UTF8.GetBytes(Broken(random, Json));
            if (random.Next(4) == 0 && json.Length > 0)
            {
                json[random.Next(json.Length)] = (byte)random.Next(256);
            }

            try
            {
                Refusable(() => FilterParser.Parse(text, ResourceType.User));
                Refusable(() => PatchPath.Parse(text, ResourceType.Group));
                Refusable(() => PatchPath.Parse(text, ResourceType.User));
                Refusable(() => Projection.Of(ResourceType.User, text, text));
                Refusable(() => Bodies.Json(UserJson.Read(json)));
                Refusable(() => UserPatch.Apply(new Identity.V1.User { UserName = "a" }, UserPatch.Read(json)));
                await RefusableAsync(json);
            }
            catch (Exception e) when (e is not ScimException)
            {
                Assert.Fail($"seed {seed}: {text}\n{Convert.ToHexString(json)}\n{Encoding.UTF8.GetString(json)}\n{e}");
            }
        }
    }

    private static string Broken(Random random, string[] from)
    {
        var text = new StringBuilder(from[random.Next(from.Length)]);
        var other = from[random.Next(from.Length)];
        for (var i = random.Next(5); i >= 0 && text.Length > 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, random.Next(Math.Min(8, text.Length - at)));
                    break;
                case 1:
                    text.Insert(at, Characters[random.Next(Characters.Length)]);
                    break;
                case 2:
                    var start = random.Next(other.Length);
                    text.Insert(at, other.AsSpan(start, random.Next(other.Length - start)));
                    break;
                case 3:
                    text.Insert(at, new string("[({"[random.Next(3)], random.Next(50)));
                    break;
                default:
                    text[at] = (char)random.Next(32, 127);
                    break;
            }
        }

        return text.ToString();
    }

    private static async Task RefusableAsync(byte[] json)
    {
        try
        {
            using var group = await GroupBody.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(json)));
            _ = group.Members(2).Sum(m => m.Count);
        }
        catch (ScimException)
        {
        }

        try
        {
            using var patch = await GroupPatchBody.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(json)));
            GroupPatch.Apply(new GroupMembership.V1.Group(), patch.Operations(2).Where(o => o.Attribute is not null).Select(o => o.Attribute));
        }
        catch (ScimException)
        {
        }
    }

    private static void Refusable(Func<object?> action)
    {
        try
        {
            action();
        }
        catch (ScimException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
