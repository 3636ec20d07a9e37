using CsCheck;
using DirectorySync.Identity.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>What holds for every filter, user and operation.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void Printing_and_parsing_a_filter_is_the_identity() => Generators.Filter.Sample(
        filter => FilterParser.Parse(FilterPrinter.Print(filter, ResourceType.User), ResourceType.User).Equals(filter), iter: 3000);

    [Fact]
    public void Writing_and_reading_a_user_is_the_identity() => Generators.UserText.Sample(
        text =>
        {
            var user = Bodies.User(text);
            Replacement.Settle(user, null);
            user.Active = !user.HasActive || user.Active;
            var read = UserJson.Read(Bodies.Utf8(Bodies.Json(user).ToJsonString()));
            Replacement.Settle(read, user);
            return read.Equals(user);
        },
        iter: 3000);

    [Fact]
    public void Operations_applied_one_by_one_and_at_once_give_the_same() => Gen.Select(
        Generators.UserText, Generators.Operation.Array[1, 5]).Sample(
        (body, texts) =>
        {
            var user = Bodies.User(body);
            var operations = texts.SelectMany(Operations).ToList();
            var (atOnce, oneByOne) = (Outcome(() => UserPatch.Apply(user, operations)), Outcome(() =>
                operations.Aggregate(user, (current, operation) => UserPatch.Apply(current, [operation]))));
            return Equals(atOnce, oneByOne);
        },
        iter: 3000);

    [Fact]
    public void An_operation_twice_is_an_operation_once() => Gen.Select(Generators.UserText, Generators.Operation).Sample(
        (body, text) =>
        {
            var user = Bodies.User(body);
            var operations = Operations(text);
            if (text.Contains('[', StringComparison.Ordinal) || Outcome(() => UserPatch.Apply(user, operations)) is not User once)
            {
                // A filter need not match any more what the operation changed.
                return true;
            }

            return once.Equals(Outcome(() => UserPatch.Apply(once, operations)));
        },
        iter: 3000);

    [Fact]
    public void What_is_patched_can_be_written_read_and_searched() => Gen.Select(Generators.UserText, Generators.Operation).Sample(
        (body, text) =>
        {
            if (Outcome(() => UserPatch.Apply(Bodies.User(body), Operations(text))) is User user)
            {
                UserJson.Read(Bodies.Utf8(Bodies.Json(user).ToJsonString()));
                System.Text.Json.JsonDocument.Parse(SearchForm.Of(user)).Dispose();
            }
        },
        iter: 3000);

    private static List<UserPatchOperation> Operations(string text)
    {
        try
        {
            return Bodies.Operations(text);
        }
        catch (ScimException)
        {
            return [];
        }
    }

    private static object? Outcome(Func<User> apply)
    {
        try
        {
            return apply();
        }
        catch (ScimException e)
        {
            return e.ScimType;
        }
    }
}
