using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Scim;

/// <summary>RFC 7644 §3.12, table 9.</summary>
public sealed class ScimErrorsTests
{
    private readonly ScimErrors errors = new(Options.Create(new GatewayOptions()));

    [Theory]
    [InlineData(ErrorReason.UserNameTaken, 409, "uniqueness")]
    [InlineData(ErrorReason.GroupNameTaken, 409, "uniqueness")]
    [InlineData(ErrorReason.EmailTaken, 409, "uniqueness")]
    [InlineData(ErrorReason.InvalidFilter, 400, "invalidFilter")]
    [InlineData(ErrorReason.InvalidPath, 400, "invalidPath")]
    [InlineData(ErrorReason.InvalidValue, 400, "invalidValue")]
    [InlineData(ErrorReason.EmailNotUserName, 400, "invalidValue")]
    [InlineData(ErrorReason.EmailDomainNotAllowed, 400, "invalidValue")]
    [InlineData(ErrorReason.InvalidPageToken, 400, "invalidCursor")]
    [InlineData(ErrorReason.NoTarget, 400, "noTarget")]
    [InlineData(ErrorReason.NotMutable, 400, "mutability")]
    [InlineData(ErrorReason.EtagMismatch, 412, null)]
    [InlineData(ErrorReason.ResourceNotFound, 404, null)]
    [InlineData(ErrorReason.DirectoryState, 403, null)]
    [InlineData(ErrorReason.InvalidCredentials, 401, null)]
    [InlineData(ErrorReason.LimitExceeded, 413, null)]
    [InlineData(ErrorReason.Internal, 500, null)]
    [InlineData(ErrorReason.FeedReset, 500, null)]
    public void Each_reason_has_its_status_and_type(ErrorReason reason, int status, string? scimType)
    {
        var error = errors.From(reason.ToRpc("What happened."), Provider.Okta);

        Assert.Equal((status, scimType), (error.Status, error.ScimType));
    }

    [Fact]
    public void A_remedy_is_told_to_the_administrator() => Assert.Equal(
        "The address is foreign. Use one of acme.com.",
        errors.From(ErrorReason.EmailDomainNotAllowed.ToRpc("The address is foreign.", ("remedy", "Use one of acme.com.")), Provider.Okta).Detail);

    [Theory]
    [InlineData(Provider.Okta, 429)]
    [InlineData(Provider.Entra, 503)]
    [InlineData(Provider.Generic, 503)]
    public void A_service_that_is_away_is_told_in_the_clients_own_way(Provider provider, int status)
    {
        var error = errors.From(new RpcException(new Status(StatusCode.Unavailable, "10.0.0.7 refused")), provider);

        Assert.Equal((status, 30), (error.Status, error.RetryAfter));
        Assert.DoesNotContain("10.0.0.7", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_is_answered_without_its_text() => Assert.DoesNotContain(
        "secret", errors.From(new InvalidOperationException("secret"), Provider.Okta).Detail, StringComparison.Ordinal);

    [Fact]
    public void What_the_parser_says_is_passed_on()
    {
        var error = errors.From(ScimException.InvalidPath("x", "The path 'x' cannot be used."), Provider.Okta);

        Assert.Equal((400, "invalidPath", "The path 'x' cannot be used."), (error.Status, error.ScimType, error.Detail));
    }

    [Fact]
    public void A_body_that_is_too_large_for_the_server_is_413() =>
        Assert.Equal(413, errors.From(new BadHttpRequestException("large", StatusCodes.Status413PayloadTooLarge), Provider.Okta).Status);

    [Fact]
    public void The_detail_of_a_401_says_how_the_header_should_look() => Assert.Contains(
        "Authorization: Bearer <token>", errors.From(ErrorReason.InvalidCredentials.ToRpc("no"), Provider.Okta).Detail, StringComparison.Ordinal);
}
