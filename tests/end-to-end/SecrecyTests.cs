using System.Text;
using DirectorySync.Kit;
using DirectorySync.Local;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>What must be found nowhere: passwords and tokens in a database, personal data in a log.</summary>
[Collection(SharedSystem.Name)]
public sealed class SecrecyTests(SharedSystem system)
{
    [Fact]
    public async Task No_password_and_no_token_is_stored_and_no_personal_data_is_logged()
    {
        const string password = "pw-Kx81-never-kept";
        const string name = "very.private.person";
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var body = ScimBodies.User($"{name}@example.com", $"{name}.mail@example.com", password: password, familyName: "Veryprivate");
        var user = (await scim.PostAsync("/Users", body)).Expect(201);
        Assert.DoesNotContain(password, user.Text, StringComparison.Ordinal);
        (await scim.PutAsync("/Users/" + user.Id, body.Replace("\"title\":\"\"", "\"title\":\"CTO\""))).Expect(200);
        var before = (await scim.GetAsync("/Users/" + user.Id)).Expect(200);
        var changed = await scim.PatchAsync("/Users/" + user.Id, ScimBodies.Replace(new() { ["password"] = password }));
        Assert.True(changed.Succeeded, changed.Text);
        changed = await scim.PatchAsync("/Users/" + user.Id, $$"""{"op":"replace","path":"password","value":"{{password}}"}""");
        Assert.True(changed.Succeeded, changed.Text);
        Assert.Equal(before.Text, (await scim.GetAsync("/Users/" + user.Id)).Expect(200).Text);

        // Failures say more in logs than successes.
        (await scim.PostAsync("/Users", body)).ExpectError(409);
        (await scim.PostAsync("/Users", body[..^5])).ExpectError(400);
        (await scim.FilterAsync("Users", $"userName eq \"{name}@example.com\" and")).ExpectError(400);
        (await scim.FilterAsync("Users", $"password eq \"{password}\"")).ExpectError(400);
        (await scim.PatchAsync("/Users/" + user.Id, $$"""{"op":"replace","path":"{{name}}@example.com[","value":"{{password}}"}""")).ExpectError(400);
        (await directory.Scim("wrong" + directory.Token).GetAsync("/Users")).ExpectError(401);
        await scim.GetAsync($"/Users/{name}@example.com");
        await scim.CreateGroupAsync("Group of " + name, user.Id);

        await Eventually.True(
            () => system.IsAsync("identity", $"select count(*) > 12 from scim_requests where directory_id = '{directory.Id}'"), what: "the requests are logged");

        string[] secrets = [password, directory.Token, system.ApiKey];
        foreach (var service in Service.All)
        {
            var dump = await system.Stack.DumpAsync(service.Name);
            Assert.Contains("copy public.changes", dump, StringComparison.OrdinalIgnoreCase);
            foreach (var secret in secrets)
            {
                AssertLacks(dump, secret, $"{service.Name}'s database");
                AssertLacks(dump, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)), $"{service.Name}'s database");
            }
        }

        string[] personal = [.. secrets, name, "Veryprivate", "example.com"];
        foreach (var (file, log) in system.Stack.Logs())
        {
            foreach (var word in personal)
            {
                AssertLacks(log, word, file);
            }
        }
    }

    private static void AssertLacks(string text, string word, string where)
    {
        var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, at < 0 ? "" : $"'{word}' is in {where}: …{text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)]}…");
    }
}
