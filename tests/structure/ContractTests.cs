using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Structure.Tests;

public sealed class ContractTests
{
    private static readonly FileDescriptor[] Services =
    [
        UserServiceReflection.Descriptor, DirectoryServiceReflection.Descriptor, OrganizationServiceReflection.Descriptor,
        CredentialServiceReflection.Descriptor, GroupMembership.V1.GroupServiceReflection.Descriptor,
    ];

    [Fact]
    public void Every_reason_begins_its_comment_with_its_status()
    {
        var lines = Tree.Read("protos/directorysync/errors/v1/error_reason.proto").Split('\n');

        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("ERROR_REASON_", StringComparison.Ordinal) && !lines[i].Contains("= 0;", StringComparison.Ordinal))
            {
                Assert.Matches(
                    "^  // (NOT_FOUND|ALREADY_EXISTS|INVALID_ARGUMENT|FAILED_PRECONDITION|ABORTED|UNAUTHENTICATED|PERMISSION_DENIED|"
                        + @"RESOURCE_EXHAUSTED|UNAVAILABLE|INTERNAL)\. ",
                    lines[i - 1]);
            }
        }
    }

    [Fact]
    public void Every_documented_status_is_the_one_that_is_answered()
    {
        var lines = Tree.Read("protos/directorysync/errors/v1/error_reason.proto").Split('\n');

        foreach (var value in ErrorReasonReflection.Descriptor.EnumTypes[0].Values.Where(value => value.Number != 0))
        {
            var at = Array.FindIndex(lines, line => line.Contains($" {value.Name} =", StringComparison.Ordinal));
            var documented = lines[at - 1].Trim()[3..].Split('.')[0].Replace("_", "", StringComparison.Ordinal);

            Assert.Equal(documented, Chassis.Errors.RpcErrors.CodeOf((ErrorReason)value.Number).ToString(), ignoreCase: true);
        }
    }

    [Fact]
    public void Every_request_about_a_directorys_data_names_the_directory()
    {
        string[] exempt = ["CountGroups"]; // names many
        var data = Services.SelectMany(file => file.Services).Where(service => service.Name is "UserService" or "GroupService");

        Assert.All(
            data.SelectMany(service => service.Methods).Where(method => !exempt.Contains(method.Name)),
            method => Assert.NotNull(method.InputType.FindFieldByName("directory_id")));
    }

    [Fact]
    public void A_field_that_scim_knows_is_named_as_scim_names_it()
    {
        Assert.Equal("userName", User.Descriptor.FindFieldByNumber(User.UserNameFieldNumber).JsonName);
        Assert.Equal("x509Certificates", User.Descriptor.FindFieldByNumber(User.X509CertificatesFieldNumber).JsonName);
        Assert.Equal(9, Enum.GetValues<ComparisonOperator>().Length - 1);
    }
}
