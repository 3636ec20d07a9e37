using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Rest;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestErrorsTests
{
    private readonly RestErrors errors = new(Options.Create(new GatewayOptions { RetryAfterSeconds = 7 }));

    [Fact]
    public void Every_reason_but_a_fault_of_ours_is_the_callers_or_passes()
    {
        foreach (var reason in Enum.GetValues<ErrorReason>().Where(reason => reason is not (ErrorReason.Unspecified or ErrorReason.Internal)))
        {
            var error = errors.From(reason.ToRpc("Detail."));

            Assert.True(error.Status is (>= 400 and < 500) or 503, $"{reason}: {error}");
            Assert.Matches("^[a-z_]+$", error.Code);
        }
    }

    [Theory]
    [InlineData(ErrorReason.ResourceNotFound, 404, "not_found")]
    [InlineData(ErrorReason.ExternalIdTaken, 400, "external_id_already_used")]
    [InlineData(ErrorReason.EndpointLabelTaken, 409, "endpoint_label_taken")]
    [InlineData(ErrorReason.OrganizationNotEmpty, 409, "organization_not_empty")]
    [InlineData(ErrorReason.DirectoryState, 409, "directory_state")]
    [InlineData(ErrorReason.InvalidPageToken, 422, "invalid_cursor")]
    [InlineData(ErrorReason.InvalidCredentials, 401, "unauthorized")]
    [InlineData(ErrorReason.StoreUnavailable, 503, "unavailable")]
    public void A_reason_has_a_status_and_a_code(ErrorReason reason, int status, string code)
    {
        var error = errors.From(reason.ToRpc("Detail."));

        Assert.Equal((status, code), (error.Status, error.Code));
    }

    [Theory]
    [InlineData("provider", "type")]
    [InlineData("state", "delivery")]
    [InlineData("expire_time", "expires_at")]
    [InlineData("policies.rate_limit", "policies.rate_limit")]
    public void A_field_is_named_as_the_contract_names_it(string attribute, string field)
    {
        var error = errors.From(ErrorReason.InvalidValue.ToRpc($"{attribute}: Not good. Give another.", ("attribute", attribute)));

        Assert.Equal((422, $"{field}: Not good. Give another."), (error.Status, error.Message));
        Assert.Equal(field, Assert.Single(error.Errors!).Field);
    }

    [Fact]
    public void Bad_metadata_has_the_code_of_the_contract()
    {
        var error = errors.From(ErrorReason.InvalidValue.ToRpc("metadata.x: Too long.", ("attribute", "metadata.x")));

        Assert.Equal((400, "invalid_metadata"), (error.Status, error.Code));
    }

    [Fact]
    public void A_service_that_is_away_is_a_503_that_says_when_to_come_again()
    {
        var error = errors.From(new RpcException(new Status(StatusCode.Unavailable, "Connection refused 10.0.0.7")));

        Assert.Equal((503, 7), (error.Status, error.RetryAfter));
        Assert.DoesNotContain("10.0.0.7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_foresaw_is_told_without_its_text()
    {
        var error = errors.From(new InvalidOperationException("secret"));

        Assert.Equal((500, "internal"), (error.Status, error.Code));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
