using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Chassis.Tests;

public sealed class PageTokenTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("ünï\u0001/+=?&", "второй", "")]
    public void A_token_gives_back_what_it_was_issued_with(params string[] values)
    {
        var token = PageToken.Issue("ListUsers", values);

        Assert.Matches("^[A-Za-z0-9_-]+$", token);
        Assert.Equal(values, PageToken.Read("ListUsers", token, values.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a token")]
    [InlineData("!!!!")]
    [InlineData("AAAA")]
    [InlineData("_w")]
    public void Garbage_is_an_invalid_page_token(string token) => Refused(() => PageToken.Read("ListUsers", token, 1));

    [Fact]
    public void Another_methods_token_is_refused() =>
        Refused(() => PageToken.Read("ListGroups", PageToken.Issue("ListUsers", "a"), 1));

    [Fact]
    public void A_token_with_other_values_is_refused() => Refused(() => PageToken.Read("ListUsers", PageToken.Issue("ListUsers", "a"), 2));

    [Fact]
    public void A_token_that_is_cut_is_refused()
    {
        var token = PageToken.Issue("ListUsers", "some longer value", "another");
        for (var length = 0; length < token.Length; length++)
        {
            Refused(() => PageToken.Read("ListUsers", token[..length], 2));
        }
    }

    private static void Refused(Action read)
    {
        var error = Assert.Throws<RpcException>(read);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(ErrorReason.InvalidPageToken, error.Reason());
        Assert.Equal("pageToken", error.FindMetadata("attribute"));
    }
}
