using DirectorySync.Gateway.Auth;

namespace DirectorySync.Gateway.Tests.Auth;

public sealed class AuthorizationHeaderTests
{
    [Theory]
    [InlineData("Bearer abc", "abc")]
    [InlineData("bearer abc", "abc")]
    [InlineData("BEARER  abc ", "abc")]
    [InlineData("abc", "abc")]
    [InlineData(" abc ", "abc")]
    [InlineData("bearerabc", "bearerabc")]
    [InlineData("Bearer a b", "a b")]
    public void A_token_is_found_behind_bearer_in_any_case_or_alone(string header, string token) =>
        Assert.Equal(token, AuthorizationHeader.FindToken(header));

    // The classic wizard's form puts "Bearer" before whatever the administrator pastes.
    [Fact]
    public void A_prefix_that_was_pasted_beside_the_fixed_one_does_not_count() =>
        Assert.Equal("abc", AuthorizationHeader.FindToken("Bearer Bearer abc"));

    [Theory]
    [InlineData("Basic dXNlcjpwdw==")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("Bearer")]
    [InlineData("Bearer  ")]
    public void A_value_with_white_space_counts_only_behind_bearer(string header) =>
        Assert.Null(AuthorizationHeader.FindToken(header));

    [Fact]
    public void Two_headers_are_none() => Assert.Null(AuthorizationHeader.FindToken(new(["Bearer a", "Bearer b"])));
}
